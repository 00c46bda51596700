// Parameters and results of the built-in components, taken from the node's own OpenAPI document (`npm run generate`).
import type { operations } from "./api.gen";

export const COMPONENT_IDS = [
  "chain.candidates", "chain.cone", "chain.gap", "chain.list", "chain.neighbourhood", "chain.panorama", "chain.paths",
  "chain.risk", "chain.search", "enterprise.profile", "enterprise.search", "region.summary",
] as const;
export type ComponentId = (typeof COMPONENT_IDS)[number];

type OperationOf<Id extends ComponentId> = Id extends `${infer Area}.${infer Name}` ? operations[`${Area}_${Name}` & keyof operations] : never;
type Params<Operation> = Operation extends { requestBody: { content: { "application/json": { params?: infer P } } } } ? NonNullable<P> : never;
type Result<Operation> = Operation extends { responses: { 200: { content: { "application/json": { result: infer R } } } } } ? R : never;

/** The component's answer as the document describes it. */
export type ResultOf<Id extends ComponentId> = Result<OperationOf<Id>>;

export type Stage = "upstream" | "midstream" | "downstream";
export type GapState = "ok" | "break" | "choke" | "weak" | "insufficient";
export type GapAction = "strengthen" | "complete" | "extend" | "stabilise";
export const GAP_STATES: readonly GapState[] = ["break", "choke", "weak", "insufficient", "ok"];
export const GAP_ACTIONS: readonly GapAction[] = ["strengthen", "complete", "extend", "stabilise"];

// The document gives closed sets of words as plain text; a `&` keeps every generated field and names the words.
type Staged = { stage?: Stage | null };
export type ChainCard = ResultOf<"chain.list">["chains"][number];
export type SearchHit = ResultOf<"chain.search">["hits"][number] & { kind: "product" | "enterprise" | "chain" };
export type GraphNode = ResultOf<"chain.panorama">["nodes"][number] & Staged;
export type GraphLink = ResultOf<"chain.panorama">["links"][number];
export type Panorama = Omit<ResultOf<"chain.panorama">, "nodes"> & { nodes: GraphNode[] };
export type GapNode = ResultOf<"chain.gap">["nodes"][number] & Staged & { state: GapState; action?: GapAction | null };
export type Gap = Omit<ResultOf<"chain.gap">, "nodes"> & { nodes: GapNode[] };
export type RiskFirm = ResultOf<"chain.risk">["firms"][number];
export type LinkEvidence = "observed" | "observed_unpriced" | "estimated";
export type Risk = Omit<ResultOf<"chain.risk">, "evidence"> & {
  label: "observed" | "estimated";
  evidence: (ResultOf<"chain.risk">["evidence"][number] & { evidence: LinkEvidence })[];
};
export type Candidate = ResultOf<"chain.candidates">["candidates"][number];
export type FirmCard = ResultOf<"enterprise.search">["items"][number];
export type Place = ResultOf<"enterprise.profile">["place"][number] & Staged;
export type Profile = Omit<ResultOf<"enterprise.profile">, "place"> & { place: Place[] };
export type Fact = Profile["identity"][string];
export type Partner = Profile["suppliers"][number];
export type RegionSummary = ResultOf<"region.summary">;

interface Narrowed {
  "chain.search": { hits: SearchHit[] };
  "chain.panorama": Panorama;
  "chain.gap": Gap;
  "chain.risk": Risk;
  "enterprise.profile": Profile;
}

/** Component id → what it takes and what it gives. */
export type ComponentMap = {
  [Id in ComponentId]: {
    params: Params<OperationOf<Id>>;
    result: Id extends keyof Narrowed ? Narrowed[Id] : ResultOf<Id>;
  };
};
