export const pretrain = { title: 'Pretrain' };
