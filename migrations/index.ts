// An ordered, static list: the order is written here, not found in file names. One that has run is not loaded again.
import type { Knex } from "knex";

const ordered: [name: string, load: () => Promise<Knex.Migration>][] = [
  ["0001-guests", () => import("./0001-guests.ts")],
  ["0002-applications", () => import("./0002-applications.ts")],
  ["0003-passcodes", () => import("./0003-passcodes.ts")],
  ["0004-outbox", () => import("./0004-outbox.ts")],
  ["0005-oidc", () => import("./0005-oidc.ts")],
  ["0006-invitations", () => import("./0006-invitations.ts")],
  ["0007-audit", () => import("./0007-audit.ts")],
  ["0008-settings", () => import("./0008-settings.ts")],
  ["0009-directory-search", () => import("./0009-directory-search.ts")],
  ["0010-logouts", () => import("./0010-logouts.ts")],
  ["0011-outbox-attempts", () => import("./0011-outbox-attempts.ts")],
  ["0012-directory-at-scale", () => import("./0012-directory-at-scale.ts")],
  ["0013-reminders", () => import("./0013-reminders.ts")],
  ["0014-limits", () => import("./0014-limits.ts")],
  ["0015-undeliverable", () => import("./0015-undeliverable.ts")],
  ["0016-passcode-delivery", () => import("./0016-passcode-delivery.ts")],
  ["0017-alerts", () => import("./0017-alerts.ts")],
  ["0018-erasable-search", () => import("./0018-erasable-search.ts")],
  ["0019-outbox-look-ups", () => import("./0019-outbox-look-ups.ts")],
  ["0020-invitations-by-alias", () => import("./0020-invitations-by-alias.ts")],
  ["0021-sponsors", () => import("./0021-sponsors.ts")],
  ["0022-codes-by-mail", () => import("./0022-codes-by-mail.ts")],
];

export const migrations: Knex.MigrationSource<(typeof ordered)[number]> = {
  getMigrations: async () => ordered,
  getMigrationName: ([name]) => name,
  getMigration: ([, load]) => load(),
};
