/**
 * A page that answers a form is loaded again, or come back to, as any other, and shows where the sign-in stands by then. The browser
 * would ask whether to send the form once more, or show a page of its own.
 */
export const formAnsweredScript = `history.replaceState(null, "", location.href);
`;
