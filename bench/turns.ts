// How every benchmark handles its systems and options.

/** A B C, C B A, and so on, so that a machine that drifts drifts for all of them. @returns what each measured, in order */
export async function takeTurns<System, Slice>(
  systems: System[],
  slices: number,
  measure: (system: System, turn: number) => Promise<Slice>,
): Promise<Map<System, Slice[]>> {
  const measured = new Map<System, Slice[]>(systems.map((system) => [system, []]));
  for (let turn = 0; turn < slices; turn++) {
    for (const system of turn % 2 === 0 ? systems : systems.toReversed()) measured.get(system)?.push(await measure(system, turn + 1));
  }
  return measured;
}

/** A number among the options. @throws where it is none from 1 to `most` */
export function amount(name: string, text: string, most: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw new Error(`--${name} takes a whole number from 1 to ${most}`);
}
