export const regions = { title: 'Regions' };
