// The schema: one baseline for each feature, in the order of their references, and what was added since. A migration that has run is not loaded
// again. 0.1.0 has 0000 to 0013, 0015, 0019 and 0024; these are frozen. A change is a new migration that expands: tables, columns that are nullable or have a default, indexes.
// docs/decisions/036-a-database-names-the-oldest-version.md tells how a later version contracts.
import type { Knex } from "knex";

const ordered: [name: string, load: () => Promise<Pick<Knex.Migration, "up">>][] = [
  ["0000-schema", () => import("./0000-schema.ts")],
  ["0001-guests", () => import("./0001-guests.ts")],
  ["0002-applications", () => import("./0002-applications.ts")],
  ["0003-invitations", () => import("./0003-invitations.ts")],
  ["0004-audit", () => import("./0004-audit.ts")],
  ["0005-settings", () => import("./0005-settings.ts")],
  ["0006-sessions", () => import("./0006-sessions.ts")],
  ["0007-passcodes", () => import("./0007-passcodes.ts")],
  ["0008-limits", () => import("./0008-limits.ts")],
  ["0009-oidc", () => import("./0009-oidc.ts")],
  ["0010-outbox", () => import("./0010-outbox.ts")],
  ["0011-alerts", () => import("./0011-alerts.ts")],
  ["0012-reverification", () => import("./0012-reverification.ts")],
  ["0013-api", () => import("./0013-api.ts")],
  ["0015-refresh-tokens-and-key-holders", () => import("./0015-refresh-tokens-and-key-holders.ts")],
  ["0017-signing-keys", () => import("./0017-signing-keys.ts")],
  ["0018-master-keys", () => import("./0018-master-keys.ts")],
  ["0019-checks", () => import("./0019-checks.ts")],
  ["0021-webhooks", () => import("./0021-webhooks.ts")],
  ["0024-administrators", () => import("./0024-administrators.ts")],
  ["0025-sign-ins-by-day", () => import("./0025-sign-ins-by-day.ts")],
  ["0026-erasure-asked", () => import("./0026-erasure-asked.ts")],
  ["0027-address-changes", () => import("./0027-address-changes.ts")],
  ["0028-secrets-of-instances", () => import("./0028-secrets-of-instances.ts")],
  ["0029-guest-passkeys", () => import("./0029-guest-passkeys.ts")],
  ["0030-consents", () => import("./0030-consents.ts")],
  ["0031-jobs", () => import("./0031-jobs.ts")],
  ["0032-upstream-providers", () => import("./0032-upstream-providers.ts")],
  ["0033-ends", () => import("./0033-ends.ts")],
  ["0034-erasure-declined", () => import("./0034-erasure-declined.ts")],
  ["0035-address-removed", () => import("./0035-address-removed.ts")],
  ["0036-upstream-first", () => import("./0036-upstream-first.ts")],
  ["0037-removed-applications", () => import("./0037-removed-applications.ts")],
  ["0038-upstream-domains", () => import("./0038-upstream-domains.ts")],
];

/**
 * The oldest version that can work with the schema that these migrations make. A migration that expands leaves it; one that contracts
 * raises it to the first version that does without what is taken away.
 */
export const oldestVersion = "0.1.0";

export const migrationNames: string[] = ordered.map(([name]) => name);

export const migrations: Knex.MigrationSource<(typeof ordered)[number]> = {
  getMigrations: async () => ordered,
  getMigrationName: ([name]) => name,
  getMigration: async ([, load]) => ({ up: (await load()).up, down }),
};

/** knex wants one of each. The schema only goes forward: to go back, restore a backup. */
async function down(): Promise<never> {
  throw new Error("Migrations are not undone: restore a backup.");
}
