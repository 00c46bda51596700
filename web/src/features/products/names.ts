// What the pages of data products have in common: who offers some, and how their words are found.
import { useT } from "../../sdk/i18n";
import type { OfferForm, OfferState, Role } from "../../sdk/types";

/** Roles that offer data products; the node decides in any case. */
export const OFFERING: Role[] = ["system_administrator", "government", "industry_body", "enterprise"];
/** Roles that see reports of use. */
export const METERING: Role[] = ["system_administrator", "auditor", "government", "industry_body", "enterprise"];

export const FORMS: OfferForm[] = ["api", "download", "subscription", "component"];
export const STATES: OfferState[] = ["draft", "published", "deprecated", "withdrawn"];
export const USES = ["read", "aggregate", "derive", "display", "transform", "reproduce", "anonymize", "distribute", "sell"] as const;
export const REDISTRIBUTIONS = ["none", "derived", "with_consent"] as const;

export function useOwnerName() {
  const t = useT();
  return (owner: string) => (owner === "node" ? t("offers.ofNode") : owner);
}
