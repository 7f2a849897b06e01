/**
 * Makes reloading or returning to a page that answers a form work like any other: it shows the present state of the sign-in. Otherwise the
 * browser would ask whether to send the form again, or show a page of its own.
 */
export const formAnsweredScript = `history.replaceState(null, "", location.href);
`;
