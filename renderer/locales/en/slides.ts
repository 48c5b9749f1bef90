export const slides = { title: 'Slides' };
