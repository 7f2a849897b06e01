// When a guest must be asked something before an application gets its answer.
import { interactionPolicy } from "oidc-provider";

/** oidc-provider's own policy, and: a session whose guest was suspended or is gone has to sign in anew. */
export function guestInteractionPolicy() {
  const policy = interactionPolicy.base();
  const { Check } = interactionPolicy;
  policy.get("login")?.checks.add(
    new Check("guest_gone", "End-User authentication is required", "login_required", (ctx) => {
      const gone = ctx.oidc.session?.accountId !== undefined && ctx.oidc.account === undefined;
      return gone ? Check.REQUEST_PROMPT : Check.NO_NEED_TO_PROMPT;
    }),
  );
  return policy;
}
