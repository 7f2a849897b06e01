// An ordered, static list: the order is written here, not found in file names.
import type { Knex } from "knex";
import * as guests from "./0001-guests.ts";
import * as applications from "./0002-applications.ts";
import * as passcodes from "./0003-passcodes.ts";
import * as outbox from "./0004-outbox.ts";
import * as oidc from "./0005-oidc.ts";
import * as invitations from "./0006-invitations.ts";
import * as audit from "./0007-audit.ts";
import * as settings from "./0008-settings.ts";
import * as directorySearch from "./0009-directory-search.ts";
import * as logouts from "./0010-logouts.ts";
import * as outboxAttempts from "./0011-outbox-attempts.ts";
import * as directoryAtScale from "./0012-directory-at-scale.ts";
import * as reminders from "./0013-reminders.ts";
import * as limits from "./0014-limits.ts";
import * as undeliverable from "./0015-undeliverable.ts";
import * as passcodeDelivery from "./0016-passcode-delivery.ts";
import * as alerts from "./0017-alerts.ts";
import * as erasableSearch from "./0018-erasable-search.ts";
import * as outboxLookUps from "./0019-outbox-look-ups.ts";
import * as invitationsByAlias from "./0020-invitations-by-alias.ts";
import * as sponsors from "./0021-sponsors.ts";

const ordered: [name: string, migration: Knex.Migration][] = [
  ["0001-guests", guests],
  ["0002-applications", applications],
  ["0003-passcodes", passcodes],
  ["0004-outbox", outbox],
  ["0005-oidc", oidc],
  ["0006-invitations", invitations],
  ["0007-audit", audit],
  ["0008-settings", settings],
  ["0009-directory-search", directorySearch],
  ["0010-logouts", logouts],
  ["0011-outbox-attempts", outboxAttempts],
  ["0012-directory-at-scale", directoryAtScale],
  ["0013-reminders", reminders],
  ["0014-limits", limits],
  ["0015-undeliverable", undeliverable],
  ["0016-passcode-delivery", passcodeDelivery],
  ["0017-alerts", alerts],
  ["0018-erasable-search", erasableSearch],
  ["0019-outbox-look-ups", outboxLookUps],
  ["0020-invitations-by-alias", invitationsByAlias],
  ["0021-sponsors", sponsors],
];

export const migrations: Knex.MigrationSource<[string, Knex.Migration]> = {
  getMigrations: async () => ordered,
  getMigrationName: ([name]) => name,
  getMigration: async ([, migration]) => migration,
};
