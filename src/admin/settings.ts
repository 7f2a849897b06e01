import { z } from "zod";
import { type AnyOperation, operation } from "../api/operation.ts";
import { changedMeanwhile } from "../api/problem.ts";
import type { SettingInEffect } from "../configuration/masked.ts";
import { DomainPattern, type Settings, type SettingsService } from "../settings/settings.ts";
import { Days } from "./fields.ts";

export interface SettingsOperationDeps {
  settings: SettingsService;
  /** Of the server that answers. */
  configuration: SettingInEffect[];
}

const Domains = z.array(DomainPattern).max(10_000);
const fields = {
  allow_domains: Domains.describe("If not empty, only addresses at these domains may be invited and sign in, at any application"),
  deny_domains: Domains,
  reverification_days: Days.describe("How often a guest must prove the mailbox again, unless a stricter rule applies"),
  invitation_days: Days.describe("How many days a new invitation can be redeemed"),
};
const SettingsResult = z.object(fields).meta({ id: "Settings" });
const SettingsUpdate = z.strictObject(fields).partial();
const example = { allow_domains: [], deny_domains: ["*.example.net"], reverification_days: 30, invitation_days: 14 };

const ConfigurationResult = z
  .object({
    items: z.array(
      z.object({
        variable: z.string().describe("The environment variable that sets it"),
        path: z.string().describe("Where it stands in a configuration file"),
        value: z.string().nullable().describe("As text; secrets and passwords are masked, null means that it is not set"),
        source: z.enum(["environment", "file", "default"]),
      }),
    ),
  })
  .meta({ id: "ConfigurationSettings" });

export function settingsOperations({ settings, configuration }: SettingsOperationDeps): AnyOperation[] {
  const shown = async () => {
    const current = await settings.read();
    return { status: 200, body: show(current.settings), version: current.version };
  };

  return [
    operation({
      id: "readSettings",
      method: "get",
      path: "/settings",
      summary: "Read the settings that hold for every application",
      scope: "settings:read",
      own: false,
      result: SettingsResult,
      status: 200,
      example: { result: example },
      run: shown,
    }),
    operation({
      id: "readConfiguration",
      method: "get",
      path: "/configuration",
      summary: "Read the server's own settings: the values in effect, and where each was given",
      details: "They are set in the server's environment or configuration file, and read when it starts. Each server answers for itself.",
      scope: "settings:read",
      own: false,
      result: ConfigurationResult,
      status: 200,
      example: { result: { items: [{ variable: "GUESTPASS_SESSION_DAYS", path: "session.days", value: "14", source: "default" }] } },
      run: async () => ({ status: 200, body: { items: configuration } }),
    }),
    operation({
      id: "updateSettings",
      method: "patch",
      path: "/settings",
      summary: "Change settings; fields left out stay as they are",
      details: "Changes take effect at the next use of any session or token.",
      scope: "settings:write",
      own: false,
      versioned: true,
      body: SettingsUpdate,
      result: SettingsResult,
      status: 200,
      example: { body: { reverification_days: 14 }, result: { ...example, reverification_days: 14 } },
      run: async ({ caller, body, ifMatch }) => {
        if (!(await settings.update(toChange(body), caller.actor, ifMatch))) throw changedMeanwhile();
        return shown();
      },
    }),
  ];
}

function show({ allowDomains, denyDomains, reverificationDays, invitationDays }: Settings): z.output<typeof SettingsResult> {
  return {
    allow_domains: allowDomains,
    deny_domains: denyDomains,
    reverification_days: reverificationDays,
    invitation_days: invitationDays,
  };
}

function toChange(body: z.output<typeof SettingsUpdate>): Partial<Settings> {
  const {
    allow_domains: allowDomains,
    deny_domains: denyDomains,
    reverification_days: reverificationDays,
    invitation_days: invitationDays,
  } = body;
  const given = { allowDomains, denyDomains, reverificationDays, invitationDays };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}
