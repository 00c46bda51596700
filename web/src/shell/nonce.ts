// The number that the page's content security policy wants of style elements made by scripts.

/** The nonce of this page; undefined where the page was served without one, as in development. */
export function pageNonce(): string | undefined {
  const meta = document.querySelector<HTMLMetaElement>("meta[property=csp-nonce]");
  // Browsers hide the attribute from style sheets and give it to scripts as a property.
  const nonce = meta?.nonce || meta?.getAttribute("nonce") || undefined;
  return nonce === "brain-csp-nonce" ? undefined : nonce;
}
