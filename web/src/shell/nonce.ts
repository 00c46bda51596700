// The number that the page's content security policy wants of style elements made by scripts.

/** The nonce of this page; undefined where the page was served without one, as in development. */
export function pageNonce(): string | undefined {
  const meta = document.querySelector<HTMLMetaElement>("meta[property=csp-nonce]");
  // Browsers hide the attribute from style sheets and give it to scripts as a property.
  const nonce = meta?.nonce || meta?.getAttribute("nonce") || undefined;
  return nonce === "brain-csp-nonce" ? undefined : nonce;
}

/**
 * Gives the page's number to every style element that the portal's scripts make. The component library has a setting
 * that covers its style sheets, not those that lock the page's scroll behind a dialogue; this covers both. Markup that
 * somebody smuggles into a page does not come this way and stays blocked.
 */
export function markStyles(document: Document, nonce: string): void {
  const create = document.createElement.bind(document) as (name: string, options?: ElementCreationOptions) => HTMLElement;
  document.createElement = ((name: string, options?: ElementCreationOptions) => {
    const element = create(name, options);
    if (element instanceof HTMLStyleElement) element.nonce = nonce;
    return element;
  }) as typeof document.createElement;
}
