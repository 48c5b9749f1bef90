/** Letters of the classes of the classifier shown, as the project has them now: by id, since names and order may have changed. */
import { useClasses } from '../../stores/classes.ts';
import { useClassifierResults } from './classifier-results.ts';

/** Answers "?" for a class that was removed since. */
export function useClassLetters(): (index: number) => string {
  const classes = useClasses();
  const results = useClassifierResults();
  return (index) => {
    const id = results.details.data?.classIds[index];
    return (id === undefined ? undefined : classes.byId.get(id)?.letter) ?? '?';
  };
}
