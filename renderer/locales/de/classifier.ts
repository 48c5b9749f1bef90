export const classifier = { title: 'Classifier' };
