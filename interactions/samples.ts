// Every screen with an application's look, with made-up content, for a preview (src/preview.ts).
import { brandOf, type NewApplication } from "../src/applications/application.ts";
import { reference } from "../src/http/forms.ts";
import type { Page } from "../src/http/page.ts";
import type { SampleSetting } from "../src/preview.ts";
import { masked } from "./due-proof.ts";
import { accessOverPage } from "./views/access-over.ts";
import { chooseGuestPage } from "./views/choose-guest.ts";
import { chooseWayPage } from "./views/choose-way.ts";
import { confirmMailboxPage } from "./views/confirm-mailbox.ts";
import { consentPage } from "./views/consent.ts";
import { correctAddressPage } from "./views/correct-address.ts";
import { cookiesPage, elsewherePage, expiredPage, finishedPage, forgedPage, lockedPage, notAdmittedPage } from "./views/dead-ends.ts";
import { enterEmailPage } from "./views/enter-email.ts";
import { type EnterPasscodeData, enterPasscodePage } from "./views/enter-passcode.ts";
import { offerPasskeyPage } from "./views/offer-passkey.ts";
import type { Screen } from "./views/parts.ts";
import { linkAccountPage } from "./views/upstream.ts";

const address = "ada@example.com";
const minute = 60_000;
const day = 24 * 60 * minute;

/** By the name of the screen, in the order of a sign-in. */
export function sampleScreens(application: NewApplication, setting: SampleSetting): Record<string, Page> {
  const { translate, times, organisation, now } = setting;
  const { name, metadata } = application;
  const screen: Screen = {
    translate,
    application: name,
    invited: application.admission === "invited",
    path: "/interaction/sample",
    token: "",
  };
  const way = { application: name, link: "#" };
  const wait = times.span(3 * minute);
  const code: EnterPasscodeData = {
    address,
    ofGuest: false,
    sender: setting.sender,
    reference: reference("sample"),
    digits: setting.digits,
    problem: undefined,
    tooMany: false,
    typed: "",
    resend: undefined,
    sentAgain: undefined,
    passkeys: false,
    keep: false,
    delivery: { state: "handed-over" },
    now,
    endsAt: now + 10 * minute,
    mailComesBack: true,
  };
  const due = { address: masked(address), days: 14, organisation, unproven: undefined, upstreams: [], refused: undefined };
  const source = { from: "typed", email: address } as const;
  const provider = { id: "sample", label: "Example" };
  const pages: Record<string, Page> = {
    "enter-email": enterEmailPage(screen, { address: "", asked: false }),
    "enter-email-remembered": enterEmailPage(screen, {
      address: "",
      asked: false,
      remembered: { address: masked(address), why: undefined },
    }),
    "enter-email-mistyped": enterEmailPage(screen, { address: "ada@gmial.com", asked: false, meant: "ada@gmail.com" }),
    "enter-email-too-often": enterEmailPage(screen, { address, asked: false, refused: translate("enter-email.too-often", { wait }) }),
    "choose-way": chooseWayPage(screen, { address, source, upstreams: [provider], codeLeads: false }),
    "link-account": linkAccountPage(screen, { address, source, provider }),
    "enter-passcode": enterPasscodePage(screen, code),
    "enter-passcode-wrong": enterPasscodePage(screen, {
      ...code,
      typed: "482193",
      problem: translate("enter-passcode.wrong", { count: 4 }),
    }),
    "enter-passcode-sent-again": enterPasscodePage(screen, {
      ...code,
      sentAgain: { at: now, clock: times.clock(now) },
      resend: { wait: times.span(minute), seconds: 60, refused: false },
    }),
    "mail-refused": correctAddressPage(screen, { ...code, delivery: { state: "refused", because: "address" } }, address),
    locked: lockedPage(screen),
    "confirm-mailbox": confirmMailboxPage(screen, due),
    "confirm-mailbox-changed": confirmMailboxPage(screen, { ...due, unproven: "changed" }),
    "choose-guest": chooseGuestPage(screen, masked(address)),
    consent: consentPage(screen, {
      learns: [translate("consent.sub"), translate("consent.email", { email: address }), translate("consent.profile")],
      until: times.moment(now + 14 * day),
      policy: metadata.policy_uri,
      terms: metadata.tos_uri,
    }),
    "offer-passkey": offerPasskeyPage(screen, { address, options: {} }),
    "access-over": accessOverPage(screen, {
      what: translate("over.access-ended", { application: name, when: times.moment(now - day) }),
      sponsor: "Grace Hopper",
      organisation,
      support: application.policy.supportAddress ?? setting.support,
      asked: false,
    }),
    "not-admitted": notAdmittedPage(screen),
    elsewhere: elsewherePage(translate, way),
    finished: finishedPage(translate, way),
    expired: expiredPage(translate, way),
    cookies: cookiesPage(translate, way),
    forged: forgedPage(translate, screen),
  };
  const brand = brandOf(application);
  return Object.fromEntries(Object.entries(pages).map(([each, page]) => [each, { ...page, brand }]));
}
