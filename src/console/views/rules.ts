/** The rule that decided a deadline, in administrators' words. */
export function ruleInWords({ decided_by: by, days }: { decided_by: string; days: number }): string {
  const rules: Record<string, string> = {
    settings: `every ${days} days, for everybody`,
    application: `every ${days} days, at this application`,
    guest: `every ${days} days, for this guest`,
    invitation: `every ${days} days, by the invitation`,
    "guest-end": "the guest's record ends",
    "invitation-end": "the invitation's access ends",
  };
  return rules[by] ?? by;
}
