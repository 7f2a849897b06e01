// Every page of the console, in the order of the navigation.
import type { ConsolePages, ConsoleRoute } from "../desk.ts";
import type { NavigationEntry } from "../frame.ts";
import { administratorPages } from "./administrators.ts";
import { applicationPreviewPages } from "./application-preview.ts";
import { applicationTrialPages } from "./application-trial.ts";
import { applicationPages } from "./applications.ts";
import { auditPages } from "./audit.ts";
import { exportPages } from "./exports.ts";
import { findPages } from "./find.ts";
import { oneGuestPages } from "./guest.ts";
import { guestActs } from "./guest-acts.ts";
import { guestPages } from "./guests.ts";
import { invitationPages } from "./invitations.ts";
import { jobPages } from "./jobs.ts";
import { keyPages } from "./keys.ts";
import { mailPages } from "./mail.ts";
import { overviewPages } from "./overview.ts";
import { settingsPages } from "./settings.ts";
import { upstreamPages } from "./upstreams.ts";
import { whyPages } from "./why.ts";

/** A place in the navigation, for whoever may call its operations. */
export type Place = NavigationEntry & { needs: string[] };

const navigation: Place[] = [
  { path: "", name: "Overview", needs: ["listGuests"] },
  { path: "/guests", name: "Guests", needs: ["listGuests"] },
  { path: "/invitations", name: "Invitations", needs: ["listInvitations", "listApplications"] },
  { path: "/jobs", name: "Jobs", needs: ["listJobs"] },
  { path: "/applications", name: "Applications", needs: ["listApplications"] },
  { path: "/reverification", name: "Reverification", needs: ["previewPolicy"] },
  { path: "/mail", name: "Mail", needs: ["listMail"] },
  { path: "/audit", name: "Audit trail", needs: ["listAudit"] },
  { path: "/settings", name: "Settings", needs: ["readSettings"] },
  { path: "/upstreams", name: "Providers", needs: ["listUpstreams"] },
  { path: "/keys", name: "Keys", needs: ["listSigningKeys"] },
  { path: "/administrators", name: "Administrators", needs: ["listAdministrators"] },
];

export function consolePages(deps: { issuer: string }): { routes: ConsoleRoute[]; words: Record<string, string>; navigation: Place[] } {
  const all: ConsolePages[] = [
    overviewPages(),
    guestPages(),
    oneGuestPages(),
    guestActs(),
    whyPages(),
    invitationPages(),
    jobPages(),
    applicationPages(deps),
    applicationPreviewPages(),
    applicationTrialPages(),
    mailPages(),
    auditPages(),
    settingsPages(),
    upstreamPages(),
    keyPages(),
    administratorPages(),
    exportPages(),
    findPages(navigation),
  ];
  return {
    routes: all.flatMap(({ routes }) => routes),
    words: Object.assign({}, ...all.map(({ words }) => words)),
    navigation,
  };
}
