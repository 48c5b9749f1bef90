/**
 * Where the classifiers of the folds contradict each other (query by committee; Seung, Opper and Sompolinsky 1992). Measured as
 * the mean Kullback-Leibler divergence of each member from their mean (McCallum and Nigam 1998), in nats: 0 when all agree,
 * at most the logarithm of the number of members. Being undecided together is not disagreement: that is the margin.
 */
export interface Committee {
  readonly members: number;
  /** Per row; 0 where it was not measured. */
  readonly divergence: Float64Array;
  /** [rows, classes]: members whose first choice the class is. */
  readonly votes: Int32Array;
}

/** `rows` are the rows that the members were asked about, `rowCount` all there are. Each member: [rows asked, classes]. */
export function committeeOf(
  members: readonly ArrayLike<number>[],
  classCount: number,
  rows: readonly number[],
  rowCount: number,
): Committee {
  const divergence = new Float64Array(rowCount);
  const votes = new Int32Array(rowCount * classCount);
  rows.forEach((row, asked) => {
    const start = asked * classCount;
    const consensus = new Float64Array(classCount);
    for (const member of members) {
      let first = 0;
      for (let k = 0; k < classCount; k += 1) {
        consensus[k] = (consensus[k] as number) + (member[start + k] as number) / members.length;
        if ((member[start + k] as number) > (member[start + first] as number)) first = k;
      }
      votes[row * classCount + first] = (votes[row * classCount + first] as number) + 1;
    }
    let sum = 0;
    for (const member of members) {
      for (let k = 0; k < classCount; k += 1) {
        const p = member[start + k] as number;
        if (p > 0) sum += p * Math.log(p / (consensus[k] as number));
      }
    }
    // Rounding may leave a hair below zero.
    divergence[row] = Math.max(0, sum / Math.max(1, members.length));
  });
  return { members: members.length, divergence, votes };
}
