/** Fills in the code that the link of a mail carries in its fragment, which no server sees; signing in still takes a click. */
export const fillCodeScript = `const fill = () => {
  const code = /^#code=(\\d{6,8})$/.exec(location.hash);
  const field = document.querySelector("input[name=code]");
  if (!code || !field) return;
  field.value = code[1];
  history.replaceState(null, "", location.pathname);
  document.querySelector("button[type=submit]").focus();
};
addEventListener("hashchange", fill);
fill();
`;
