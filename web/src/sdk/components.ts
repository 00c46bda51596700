// Parameters and results of the built-in components, field for field as the node sends them.
import type { Text } from "./types";

export type Stage = "upstream" | "midstream" | "downstream";

export interface ChainCard {
  chain_id: string;
  name: string;
  name_en?: string | null;
  products: number;
  firms: number;
}

export interface SearchHit {
  kind: "product" | "enterprise" | "chain";
  id: string;
  name: string;
  subtitle?: string | null;
  score: number;
}

export interface GraphNode {
  id: string;
  name: string;
  name_en?: string | null;
  stage: Stage | null;
  position: number;
  x: number;
  y: number;
  firms: number;
  firms_elsewhere: number;
  capital_cny: number | null;
  capacity_proxy: number;
  essential: boolean;
  freshness: number;
  observed_on: string | null;
  source: string;
}

export interface GraphLink {
  from: string;
  to: string;
  relation: string;
  essential: boolean;
  confidence: number;
  weight: number;
  observed_on: string | null;
  source: string;
}

export interface Panorama {
  title: string;
  nodes: GraphNode[];
  links: GraphLink[];
  summary: {
    products: number;
    links: number;
    firms: number;
    firms_here?: number;
    observed_from: string | null;
    observed_to: string | null;
    stale_share: number;
    truncated?: boolean;
    as_of?: string;
  };
}

export type GapState = "ok" | "break" | "choke" | "weak";
export type GapAction = "strengthen" | "complete" | "extend" | "stabilise";
export const GAP_STATES: readonly GapState[] = ["break", "choke", "weak", "ok"];
export const GAP_ACTIONS: readonly GapAction[] = ["strengthen", "complete", "extend", "stabilise"];

export interface GapNode {
  product: string;
  stage: Stage | null;
  presence: number;
  firms: number;
  firms_elsewhere: number;
  capacity_proxy: number;
  need_proxy: number;
  lq: number | null;
  hhi: number | null;
  density: number | null;
  pci?: number | null;
  weight: number;
  essential?: boolean;
  state: GapState;
  reasons: Text[];
  action: GapAction | null;
}

export interface Gap {
  completeness: number;
  formula: Text;
  nodes: GapNode[];
  lists: Record<GapAction, { product: string; score: number; reasons: Text[] }[]>;
  stale_share?: number;
  uncertainty?: Text | null;
}

export interface RiskFirm {
  rank: number;
  firm: string;
  name?: string | null;
  region_code?: string | null;
  esri?: number | null;
  esri_down?: number | null;
  esri_up?: number | null;
  iterations?: number | null;
  products?: string[] | null;
}

export interface Risk {
  label: "observed" | "estimated";
  method: Text;
  firms: RiskFirm[];
  distribution?: { bucket: string | number; count: number }[] | null;
  network: { firms: number; links: number };
  scenario?: {
    esri: number | null;
    direct: number | null;
    iterations: number;
    losses: { rank: number; firm: string; name: string; loss: number | null }[];
  } | null;
  uncertainty?: Text | null;
}

export interface Reason {
  kind: string;
  text: Text;
  weight?: number | null;
}

export interface Candidate {
  enterprise_id: string;
  name: string;
  region_code?: string | null;
  score: number;
  capital_cny?: number | null;
  reasons: Reason[];
  products?: string[] | null;
}

export interface Candidates {
  product: string;
  formula?: Text | null;
  candidates: Candidate[];
}

export interface FirmCard {
  enterprise_id: string;
  name: string;
  uscc?: string | null;
  province?: string | null;
  city?: string | null;
  industry_name?: string | null;
  capital_cny?: number | null;
  products?: string[] | null;
}

export interface FirmSearch {
  items: FirmCard[];
  total: number;
}

export interface Fact {
  value: unknown;
  source?: string | null;
  observed_on?: string | null;
}

export interface Profile {
  identity: Record<string, Fact>;
  products: {
    product: string;
    share?: number | null;
    confidence?: number | null;
    evidence?: string | null;
    source?: string | null;
    observed_on?: string | null;
  }[];
  place: { chain_id?: string; chain?: string; product: string; stage: Stage | null; essential?: boolean | null; position?: number }[];
  suppliers: Partner[];
  customers: Partner[];
  quality: { score: number; formula: Text; checks: { name: Text; ok: boolean; detail?: Text | null }[] };
  /** Rows of the source datasets this firm was made from: `column` = `value` finds them. */
  source_rows: { dataset: string; column: string; value: string; row: Record<string, unknown> }[];
}

export interface Partner {
  enterprise_id?: string;
  supplier_id?: string;
  customer_id?: string;
  name?: string | null;
  product?: string | null;
  product_id?: string | null;
  amount_cny?: number | null;
  estimated?: boolean;
  confidence?: number | null;
  source?: string | null;
  observed_on?: string | null;
}

export interface RegionSummary {
  unplaced?: number;
  regions: { region_code: string; name: string | null; firms: number; capital_cny?: number | null; products?: number | null }[];
}

/** Component id → what it takes and what it gives. */
export interface ComponentMap {
  "chain.list": { params: Record<string, never>; result: { chains: ChainCard[] } };
  "chain.search": { params: { q: string; limit?: number }; result: { hits: SearchHit[] } };
  "chain.panorama": {
    params: {
      chain?: string;
      product?: string;
      region?: string;
      as_of?: string;
      half_life_days?: number;
      limit?: number;
    };
    result: Panorama;
  };
  "chain.gap": {
    params: {
      chain: string;
      region?: string;
      compare?: string;
      external_share_threshold?: number;
      hhi_threshold?: number;
    };
    result: Gap;
  };
  "chain.risk": {
    params: {
      network?: "observed" | "estimated";
      chain?: string;
      region?: string;
      replaceability?: boolean;
      epsilon?: number;
      shock?: { firm: string; loss: number }[];
      limit?: number;
    };
    result: Risk;
  };
  "chain.candidates": {
    params: { product: string; region?: string; limit?: number };
    result: Candidates;
  };
  "enterprise.search": {
    params: { q?: string; region?: string; industry?: string; product?: string; page?: number; page_size?: number };
    result: FirmSearch;
  };
  "enterprise.profile": { params: { enterprise_id: string }; result: Profile };
  "region.summary": {
    params: { level: "province" | "city"; parent?: string; chain?: string; product?: string };
    result: RegionSummary;
  };
}

export type ComponentId = keyof ComponentMap;
