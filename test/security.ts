// The attacks that Guestpass has to withstand, and the tests that try them. An id that is a number is a requirement of OWASP ASVS 5.0.
// `npm run test:security` runs the tests and reports on each requirement.

export interface Requirement {
  id: string;
  requirement: string;
  /** Files of test/ without `.test.ts`, and of each the titles that count (any part of them); none means every test of the file. */
  tests: Record<string, string[]>;
  /** The part of the requirement that no test shows here, and why. */
  left?: string;
}

export const requirements: Requirement[] = [
  {
    id: "2.3.1",
    requirement: "No step of a sign-in can be skipped, and nobody finishes another browser's sign-in.",
    tests: {
      "flows/security/skipped-steps": [],
      "flows/passcodes/bound-to-browser": ["closed to another browser", "led to the page that asks for one"],
    },
  },
  {
    id: "2.3.4",
    requirement: "One proof leads to one session and one authorization code, however many requests ask at once.",
    tests: { "flows/security/one-proof-one-session": [] },
  },
  {
    id: "2.4.1",
    requirement:
      "Mail of every kind is limited for each mailbox (without the plus tag), address, network (/24; /64, /56, /48), application, and in total.",
    tests: { "flows/limits/codes": [], "flows/limits/mails": [], "flows/limits/odd-proxies": ["what proxies say of where"] },
  },
  {
    id: "6.1.1, 6.6.3",
    requirement: "Wrong codes are limited without locking the guest out, first-time guests included. A try counts for one address.",
    tests: { "flows/limits/wrong-codes": [], "flows/passcodes/wrong-tries": [] },
  },
  {
    id: "6.3.7, 7.5.1",
    requirement: "A changed address has to be proven again, and the address before is told.",
    tests: { "flows/admin/aliases": ["renamed in place", "made primary"] },
  },
  {
    id: "6.3.8",
    requirement: "Nobody learns whether an address is known: not from page, status, headers, size, work or number of mails.",
    tests: {
      "flows/enumeration": [],
      "stores/plans-at-scale": [],
      "flows/limits/waits": ["alike, whether the address is a guest's"],
      "flows/limits/wrong-codes": ["says the same to a right and a wrong one"],
    },
    left: "Times are compared by `npm run bench -- enumeration`, and by no test: a busy machine would decide them.",
  },
  {
    id: "6.4.1",
    requirement: "Links of invitations are random, expire, and prove nothing: not when guessed, altered, forwarded or opened by a scanner.",
    tests: { "flows/invitations/landing": [], "flows/passcodes/sent-when-asked": ["looks at the page ahead of the guest"] },
  },
  {
    id: "6.4.5",
    requirement: "Where reminders are switched on they come in time, once.",
    tests: { "flows/reverification/reminders": [] },
  },
  {
    id: "6.5.1",
    requirement: "A code works once, though it is sent 50 times at the same moment.",
    tests: { "flows/passcodes/one-use": [] },
  },
  {
    id: "6.5.2",
    requirement: "The database holds codes as keyed hashes: trying all of them without the key finds nothing.",
    tests: { "flows/security/stolen-database": [], "unit/passcode": ["is not in its hash", "under its own key"] },
  },
  {
    id: "6.5.3, 6.5.4",
    requirement: "Codes are random, of six digits or more, with their leading zeros.",
    tests: { "unit/code-randomness": [], "unit/passcode": ["zeros in front included", "equally often"] },
  },
  {
    id: "6.5.5",
    requirement: "A code is good for ten minutes from the moment a mail server accepted it.",
    tests: { "flows/passcodes/minutes": [] },
  },
  {
    id: "6.6.2",
    requirement:
      "A code is bound to the sign-in that asked for it, and the sign-in to its browser, which no other host of the domain can stand in for.",
    tests: {
      "flows/passcodes/bound-to-browser": [],
      "flows/security/sibling-hosts": [],
      "flows/security/cookies-on-https": ["bound to has the prefix"],
      "browser/sibling-host": [],
    },
  },
  {
    id: "7.2.3, 7.2.4",
    requirement: "Session identifiers have 128 bits or more, and are new at sign-in.",
    tests: { "flows/security/session-cookie": [] },
  },
  {
    id: "7.3.1, 7.3.2",
    requirement: "A session has an end that using it does not move, and ends at the reverification deadline whatever is used.",
    tests: {
      "flows/reverification/keep-signed-in": ["has an end"],
      "flows/reverification/schedule": ["binds what was issued before", "no token outlives the deadline"],
      "flows/reverification/combinations": [],
    },
    left: "There is no idle limit of its own: a session ends with the browser unless its guest ticked to stay signed in.",
  },
  {
    id: "7.4.1, 7.4.2, 7.4.5",
    requirement: "Signing out, suspension and an administrator's ending of sessions end everything that came of the proof.",
    tests: {
      "flows/security/suspended-guest": [],
      "flows/directory/suspension": ["end at once", "no session and no token to return to"],
      "flows/security/sign-out-by-link": ["the cookie that was in use before is dead too"],
      "flows/security/refresh-token": ["ends with the sign-out"],
      "flows/reverification/sessions": ["ends one, or all of them"],
      "flows/security/one-proof-one-session": ["signing out ends it"],
    },
  },
  {
    id: "10.4.1",
    requirement: "Redirect URIs are compared exactly.",
    tests: { "flows/security/redirect-uri": [] },
  },
  {
    id: "10.4.2, 10.4.3",
    requirement: "An authorization code works once and for 60 seconds; a second use ends what the first one gave.",
    tests: { "flows/security/authorization-code": [] },
  },
  {
    id: "10.4.4, 10.6.1",
    requirement: "There is no implicit grant, no password grant, nor any other that was not meant.",
    tests: { "flows/security/grants-that-are-off": [] },
  },
  {
    id: "10.4.5, 10.4.8",
    requirement:
      "A public application's refresh tokens rotate, and one used again after the grace ends the family; a confidential one's are bound to its authentication. All end.",
    tests: { "flows/security/refresh-token": [], "flows/conformance/refresh": ["does not outlive the 14 days"] },
  },
  {
    id: "10.4.6",
    requirement: "PKCE with S256 is required of every application that was not registered without it, and cannot be taken out on the way.",
    tests: { "flows/security/pkce": [], "flows/conformance/pkce": [] },
  },
  { id: "10.6.2", requirement: "No link signs a guest out: it asks first.", tests: { "flows/security/sign-out-by-link": [] } },
  {
    id: "Back-Channel Logout 1.0",
    requirement: "A logout request holds one signed logout token that says what the specification asks for, and nothing else.",
    tests: {
      "flows/conformance/back-channel-logout": [],
      "flows/reverification/back-channel-logout": ["one signed logout token, and nothing else"],
    },
  },
  {
    id: "RFC 9207",
    requirement: "Every authorization response says who it comes from.",
    tests: { "flows/security/authorization-responses": ["names its issuer", "names it too", "is announced"] },
  },
  {
    id: "RFC 9700",
    requirement:
      "No redirect repeats a form, no other site's script reads the authorization endpoint, no page is framed, nobody is led elsewhere.",
    tests: {
      "flows/security/authorization-responses": [],
      "flows/security/headers": ["cannot be framed"],
      "flows/security/open-redirects": [],
      "flows/conformance/pkce": ["RFC 9700"],
    },
  },
  {
    id: "RFC 8725",
    requirement: "Each key has one algorithm, `none` is refused, one kind of token is not taken for another, and a token names no key.",
    tests: {
      "flows/security/forged-tokens": [],
      "flows/security/client-assertions": ["in whatever way it was forged", "for another audience"],
    },
  },
  {
    id: "RFC 8628-style relay",
    requirement:
      "A code read aloud to an attacker is of no use in another browser; the screen and the mail name the application and a shared reference.",
    tests: {
      "flows/passcodes/bound-to-browser": ["another browser that asked for a code", "asked for the same address"],
      "unit/mail": ["under which reference"],
      "flows/security/relay": [],
    },
    left: "A guest can still be talked into reading a code out to somebody who began the sign-in: that cannot be prevented.",
  },
  {
    id: "mail headers",
    requirement: "No name, message, label or address adds a header or a recipient to a mail.",
    tests: {
      "flows/security/mail-headers": [],
      "unit/mail": ["words of strangers in a mail"],
      "unit/address": ["never holds what could reach beyond it"],
    },
  },
  {
    id: "outbound",
    requirement:
      "Requests to applications reach no special-use address that an operator did not allow, by no redirect or change of a name, and have an end.",
    tests: {
      "flows/security/outbound": [],
      "unit/outbound": [],
      "flows/reverification/back-channel-logout": ["addresses that are for special use"],
    },
  },
  {
    id: "web",
    requirement:
      "Every answer has the headers that keep a page ours; forms are our own pages'; cookies that bind a browser are named `__Host-`; callbacks arrive.",
    tests: {
      "flows/security/headers": [],
      "flows/security/forms": [],
      "flows/security/cookies-on-https": [],
      "browser/callbacks-that-lead-on": [],
    },
  },
  {
    id: "slow clients",
    requirement: "Slow headers, slow bodies and slow readers hold no connection, and keep nobody else waiting.",
    tests: { "flows/security/slow-clients": [] },
  },
  {
    id: "work of others",
    requirement: "Work that others send is counted before it is done, and refused past its limits.",
    tests: {
      "flows/admin/bulk": ["have a maximum", "count what is empty as well", "name a hundred mistakes"],
      "flows/admin/requests": ["of a size that is told", "never with faults"],
      "flows/bounces/notifications": ["of 10 MB are refused", "that are malformed"],
      "flows/security/work-of-others": [],
      "flows/security/malformed-bodies": [],
      "flows/security/fuzzed": [],
    },
  },
  {
    id: "bounces",
    requirement: "A refusal that is somebody else's fault, or that an unknown visitor caused, suspends no guest.",
    tests: { "flows/bounces/refused": [], "flows/bounces/verdicts": [], "flows/bounces/notifications": [] },
  },
  {
    id: "audit",
    requirement: "A row of the audit trail that was changed, removed, moved or cut off at the end is found without trusting the database.",
    tests: { "flows/admin/audit": [] },
  },
  {
    id: "administrators",
    requirement:
      "Administration asks for a token with the scope of the operation, the console for a passkey or the organisation's provider; no guest's sign-in gives either.",
    tests: {
      "flows/admin/authentication": [],
      "flows/admin/authorization": [],
      "flows/admin/other-application": [],
      "flows/console/entrance": [],
      "flows/console/provider": [],
      "flows/console/roles": [],
      "flows/console/pages": ["open for each role", "do nothing for a form that another site made", "again before something is removed"],
    },
  },
  {
    id: "other ways in",
    requirement: "No way in moves a deadline that it has no right to.",
    tests: {
      "flows/security/grants-that-are-off": ["is not announced"],
      "flows/reverification/schedule": ["loosening it, or fresh proof in another browser"],
      "flows/conformance/who-is-meant": [],
      "flows/passkeys/sign-in": [],
      "flows/passkeys/endings": [],
      "flows/passkeys/deadlines": [],
      "flows/upstream/sign-in": [],
      "flows/upstream/logout": [],
      "unit/authority": [],
    },
  },
  {
    id: "errors",
    requirement: "No error page or problem document holds a stack, path, statement, version or address.",
    tests: { "flows/security/faults": [], "flows/security/malformed-requests": [], "flows/security/malformed-bodies": [] },
  },
];
