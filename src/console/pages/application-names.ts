// Applications by the names that people know them by.
import type { Desk } from "../desk.ts";

interface ApplicationNames {
  /** For a field that selects one. */
  choices: [clientId: string, label: string][];
  /** The id itself if the application is gone, or the administrator may not see applications. */
  name(clientId: string): string;
}

export async function applicationNames(desk: Desk): Promise<ApplicationNames> {
  if (!desk.allows("listApplications")) return { choices: [], name: (clientId) => clientId };
  const { items } = (await desk.call<{ items: { client_id: string; name: string }[] }>("listApplications", { query: { limit: 500 } })).body;
  const names = new Map(items.map(({ client_id: id, name }) => [id, name]));
  return { choices: [...names].map(([id, name]) => [id, `${name} (${id})`]), name: (clientId) => names.get(clientId) ?? clientId };
}
