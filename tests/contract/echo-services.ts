/** The contract's services with a few calls replaced by ones a test can watch; every other call fails loudly. */
import { contract, type ServiceName, type Services } from '#common/contract/contract.ts';
import { implementService, type CallSchemas, type ServiceOf } from '#common/contract/service.ts';
import type { StageContext } from '#common/stage.ts';

export type Replacements = Readonly<Record<string, (input: never, context: StageContext) => Promise<unknown>>>;

/** Keys are "service.call". Inputs are validated as in the real core. */
export function servicesWith(replacements: Replacements): Services {
  return Object.fromEntries(
    Object.entries(contract).map(([service, calls]) => {
      const implementation = Object.fromEntries(
        Object.keys(calls).map((call) => [
          call,
          replacements[`${service}.${call}`] ??
            (async () => {
              throw new Error(`${service}.${call} was not expected`);
            }),
        ]),
      ) as unknown as ServiceOf<CallSchemas>;
      return [service, implementService(service, calls as CallSchemas, implementation)];
    }),
  ) as unknown as Record<ServiceName, never> as Services;
}
