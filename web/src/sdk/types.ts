// Shapes of the node's HTTP API under /api/v1, from its OpenAPI document (`npm run generate`).
// Written by hand here: only what the document leaves open.
import type { components, operations } from "./api.gen";

type Schemas = components["schemas"];
type Body<Name extends keyof operations> = operations[Name] extends { requestBody: { content: { "application/json": infer B } } } ? B : never;

/** A text in both languages, or one the server already chose for the caller. */
export type Text = string | Schemas["Text"];

export type Role = Schemas["Role"];
export type Side = Schemas["Side"];
export type DataSide = Schemas["DataSide"];
export type Grade = Schemas["Grade"];
export type Party = Schemas["Party"];
export type SessionState = Schemas["SessionState"];
export type SignInAnswer = Schemas["SignInAnswer"];
export type SecondFactorNeeded = Schemas["SecondFactorNeeded"];
export type SecurityCard = Schemas["SecurityCard"];
export type SessionCard = Schemas["SessionCard"];
export type TotpSecret = Schemas["TotpSecret"];
/** A second factor as sent: one of them. */
export type Factor = { totp: string } | { recovery_code: string } | { passkey: PasskeyAnswer };
export type Corpus = Schemas["CorpusCard"];
export type CorpusDetail = Schemas["CorpusDetail"];
export type CorpusDefinition = Schemas["CorpusDefinition"];
export type CorpusSource = Schemas["CorpusSource"];
export type CorpusFile = Schemas["CorpusFile"];
export type CorpusRun = Schemas["CorpusRun"];
export type CorpusVersion = Schemas["CorpusVersion"];
export type CorpusVersionDetail = Schemas["CorpusVersionDetail"];
export type CorpusReason = Schemas["CorpusReason"];
export type CorpusCount = Schemas["CorpusCount"];
export type CorpusInput = Schemas["CorpusInput"];
export type CorpusDocument = Schemas["CorpusDocument"];
export type CorpusRejected = Schemas["CorpusRejected"];
export type NewCorpus = Body<"corpora_define">;
export type ChangedCorpus = Body<"corpora_change">;
export type MatchSet = Schemas["MatchSet"];
export type MatchSetDetail = Schemas["MatchSetDetail"];
export type NewMatchSet = Body<"matching_set_create">;
export type MatchPlan = NewMatchSet["plan"];
export type MatchRun = Schemas["MatchRun"];
export type MatchRunDetail = Schemas["MatchRunDetail"];
export type MatchEstimate = Schemas["MatchEstimate"];
export type MatchShare = Schemas["MatchShare"];
export type MatchPair = Schemas["MatchPair"];
export type MatchPairDetail = Schemas["MatchPairDetail"];
export type MatchField = Schemas["MatchField"];
export type MatchPairState = Schemas["MatchPairState"];
export type MatchVerdict = Body<"matching_decide">["verdict"];
export type MatchDecision = Schemas["MatchDecision"];
export type MatchCluster = Schemas["MatchCluster"];
export type MatchClusterDetail = Schemas["MatchClusterDetail"];
export type MatchClusterEvent = Schemas["MatchClusterEvent"];
export type MatchMember = Schemas["MatchMember"];
export type MatchLink = Schemas["MatchLink"];
export type MatchGoldenValue = Schemas["MatchGoldenValue"];
export type MatchLookupHit = Schemas["MatchLookupHit"];
export type PasskeyCard = Schemas["PasskeyCard"];
export type PasskeyCreation = Schemas["PasskeyCreation"];
export type PasskeyRequest = Schemas["PasskeyRequest"];
export type NewPasskey = Body<"passkey_confirm">;
export type PasskeyAnswer = Body<"session_passkey">["passkey"];
export type AddedPasskey = Schemas["AddedPasskey"];
export type ProviderCard = Schemas["ProviderCard"];
export type LinkCard = Schemas["LinkCard"];
export type ArrivalAnswer = Schemas["ArrivalAnswer"];
export type Considered = Schemas["Considered"];
export type ConsentCard = Schemas["ConsentCard"];
export type ClientCard = Schemas["ClientCard"];
export type ClientState = Schemas["ClientState"];
export type NewClient = Body<"clients_register">;
export type RegisteredClient = Schemas["NewClientAnswer"];
export type AuthorizationRequest = Body<"authorization_decide">["request"];
export type DemoAccount = Schemas["DemoAccount"];
export type PortalSettings = Schemas["PortalSettings"];
/** RFC 9457 problem document; anything between the portal and the node may answer with less of it. */
export type Problem = Partial<Schemas["Problem"]> & { title: string; status: number };
export type Input = Schemas["Input"];
export type Provenance = Schemas["Provenance"];

export interface Page<T> {
  items: T[];
  total: number;
  page: number;
  page_size: number;
}

/** What to search for; see `/search`. */
export type SearchQuery = NonNullable<operations["search"]["parameters"]["query"]>;
export type SearchPage = Schemas["SearchPage"];
export type FoundThing = Schemas["Found"];
export type FoundKind = FoundThing["kind"];
export type Marked = Schemas["Marked"];
export type Term = Schemas["Term"];
export type NewTerm = Body<"terms_create">;
export type Connector = Schemas["Connector"];
export type ConnectorRun = Schemas["ConnectorRun"];
export type ExchangeSubscription = Schemas["ExchangeSubscription"];
export type ExchangeDelivery = Schemas["ExchangeDelivery"];
export type NewExchangeSubscription = Body<"exchange_subscribe">;
export type ExchangeDocuments = Schemas["DeliveryDocuments"];
export type NewConnector = Body<"connectors_create">;
export type ChangedConnector = Body<"connectors_change">;
export type ConnectorTest = Body<"connectors_test">;
export type SourceFinding = Schemas["Finding"];
export type Schedule = Connector["schedule"];
export type SourceSettings = Connector["settings"];

export type OfferForm = Schemas["DataProductForm"];
export type OfferState = Schemas["DataProductState"];
export type OfferCard = Schemas["DataProductCard"];
export type OfferDetail = Schemas["DataProductDetail"];
export type OfferField = Schemas["DataProductField"];
export type OfferVersion = Schemas["DataProductVersion"];
export type OfferSubscription = Schemas["DataProductSubscription"];
export type OfferRows = Schemas["DataProductRows"];
export type OfferCheck = Schemas["DataProductCheck"];
export type OfferUsage = Schemas["DataProductUsage"];
export type OfferUsageLine = Schemas["DataProductUsageLine"];
export type OfferParameter = Schemas["DataProductParameter"];
export type NewOffer = Body<"data_products_create">["product"];
export type PublishNote = Body<"data_products_publish">["publish"];

export type ModelList = Schemas["ModelList"];
export type ModelCard = Schemas["ModelCard"];
export type ModelHealth = ModelCard["health"];
export type ModelDetail = Schemas["ModelDetail"];
export type ModelAttempt = ModelDetail["attempts"][number];
export type BrokenModel = ModelList["broken"][number];
export type ModelRequest = Body<"models_run">;
export type ModelStep = Schemas["ModelPlan"]["steps"][number];
export type ModelRun = Schemas["ModelRuns"]["runs"][number];
export type ModelTest = ModelRun["tests"][number];
export type CodeLists = Schemas["CodeLists"];
export type CodeList = CodeLists["lists"][number];
export type Code = Schemas["ListedCode"];
export type DataElements = Schemas["DataElements"];
export type DataElement = DataElements["elements"][number];
export type ElementBindings = Schemas["ElementBindings"];
export type ElementBinding = ElementBindings["bindings"][number];
export type Product = Schemas["MasterProduct"];
export type ProductDetail = Schemas["MasterProductDetail"];
export type ProductLine = ProductDetail["history"][number];
export type PartnerCode = ProductDetail["partners"][number];

export type Classification = Schemas["Classification"];
export type GradingReport = Schemas["GradingReport"];
export type DatasetGrades = Schemas["DatasetGrades"];
export type Filing = Schemas["Filing"];
export interface DegradingRequest {
  dataset: string;
  column: string | null;
  grade: Schemas["Grade"];
  /** Least records behind each value, or how identifying parts were removed. */
  method: { aggregation: { k: number } } | { masking: { how: string } };
  reason: string;
}
export type DatasetCard = Schemas["DatasetCard"];
export type DatasetColumn = Schemas["ColumnCard"];
export type DatasetVersion = Schemas["VersionCard"];
export type Quality = Schemas["Quality"];
export type QualityCard = Schemas["QualityCard"];
export type QualityRule = Schemas["QualityRuleCard"];
export type QualityCheck = Schemas["QualityCheck"];
export type QualityProposal = Schemas["QualityProposalCard"];
export type QualityBaseline = Schemas["QualityBaseline"];
export type QualityProfile = Schemas["QualityProfileCard"];
export type ColumnProfile = Schemas["QualityColumnProfile"];
export type QualityTicket = Schemas["QualityTicketCard"];
export type QualityTicketDetail = Schemas["QualityTicketDetail"];
export type QualityTicketLine = Schemas["QualityTicketLine"];
export type QualitySeverity = Schemas["QualitySeverity"];
export type Standing = Schemas["QualityStanding"];
export type TicketState = Schemas["QualityTicketState"];
export type NewQualityRules = Body<"quality_rules_change">;
/** `to` is computed from `from`; `depth` counts steps from the dataset asked for. */
export type LineageGraph = Schemas["LineageGraph"];
export type LineageNode = Schemas["LineageNode"];
export type Impact = Schemas["Impact"];
export type ImpactRow = Schemas["ImpactRow"];
export type DatasetDetail = Schemas["DatasetDetail"];
export type ColumnType = Schemas["ColumnType"];

export type Cell = string | number | boolean | null | Cell[] | { [key: string]: Cell };
/** Rows are arrays of cells in column order. */
export type Rows = Omit<Schemas["DatasetRows"], "rows"> & { rows: Cell[][] };
export type SqlResult = Omit<Schemas["SqlPage"], "rows"> & { rows: Cell[][] };

export type Mapping = Schemas["MappingCard"];

export type IngestReport = Schemas["IngestReport"];
export type RunState = Schemas["RunState"];
export type RunProgress = Schemas["RunProgress"];
export type IngestRun = Schemas["RunCard"];
/** A component run in the background; its outcome has the shape of the component's own operation. */
export type ComponentRun = Schemas["ComponentRun"];

export type ComponentCard = Schemas["ComponentCard"];
export type Manifest = Omit<Schemas["Manifest"], "parameters" | "result"> & { parameters: JsonSchema; result: JsonSchema };

/** JSON Schema 2020-12, as far as the forms read it. */
export interface JsonSchema {
  $ref?: string;
  $defs?: Record<string, JsonSchema>;
  definitions?: Record<string, JsonSchema>;
  type?: string | string[];
  title?: string;
  description?: string;
  format?: string;
  default?: unknown;
  const?: unknown;
  enum?: unknown[];
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  properties?: Record<string, JsonSchema | boolean>;
  required?: string[];
  items?: JsonSchema | boolean;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  allOf?: JsonSchema[];
  additionalProperties?: JsonSchema | boolean;
  examples?: unknown[];
}

export interface RunOutcome<T> {
  result: T;
  provenance: Provenance;
  seconds: number;
}

export type Account = Schemas["AccountCard"];
export type NewAccount = Body<"accounts_create">;
export type MapBoundaries = Schemas["MapBoundaries"];
export type Boundaries = Schemas["Boundaries"];
export type BoundaryReport = Schemas["BoundaryReport"];
export type ApiKey = Schemas["ApiKeyCard"];
export type NewKey = Schemas["NewKey"];
export type OneTimePassword = Schemas["OneTimePassword"];
export type GrantEntry = Schemas["GrantCard"];
export type NewGrant = Body<"grants_issue">;
export type EvidenceEntry = Schemas["RecordedEntry"];
export type LogHead = Schemas["LogHead"];
export type Witnessing = Schemas["Witnessing"];
export type PeerStatus = Schemas["PeerStatus"];
export type AlarmCard = Schemas["AlarmCard"];
export type OwnStatus = Schemas["OwnStatus"];
export type PeerStanding = Schemas["PeerStanding"];
export type HealthPart = Schemas["HealthPart"];
export type KnownGood = Schemas["KnownGood"];
export interface NewKnownGood {
  kind: Schemas["KnownGoodKind"];
  value: string;
  /** Name of the one node it counts for; every node when null. */
  node: string | null;
  note: string;
}
export type ComplianceReport = Schemas["ComplianceReport"];
export type ComplianceFact = Schemas["ComplianceFact"];
export type Control = Schemas["Control"];
export type RetentionRule = Schemas["RetentionRule"];
export type DeletionProposal = Schemas["DeletionProposal"];
export type Verification = Schemas["Verification"];
export type InclusionProof = Schemas["InclusionProof"];
export type AuditRecord = Schemas["AuditRecord"];
export type AuditDetail = Schemas["AuditDetail"];
export type AuditStatus = Schemas["AuditStatus"];
export type AuditVerification = Schemas["AuditVerification"];
export type AuditQuery = {
  account?: string;
  dataset?: string;
  outcome?: string;
  channel?: string;
  action?: string;
  from?: string;
  to?: string;
};
export type IncidentCard = Schemas["IncidentCard"];
export type IncidentDetail = Schemas["IncidentDetail"];
export type IncidentDuty = Schemas["IncidentDuty"];
export type TimelineEntry = Schemas["TimelineEntry"];
export type NewIncident = Body<"incidents_raise">;
export type Severity = Schemas["Severity"];
export type AlertRule = Schemas["AlertRule"];
export type Rulebook = Schemas["Rulebook"];
export type RequestCard = Schemas["RequestCard"];
export type NewRequest = Body<"requests_submit">;
export type Approval = Body<"requests_approve">["approval"];
export type Purposes = Schemas["Purposes"];
export type FormSpec = Schemas["FormSpec"];
export type FormName = Schemas["FormName"];
export type DelegationCard = Schemas["DelegationCard"];
export type NewDelegation = Body<"delegations_give">;
export type Explanation = Schemas["Explanation"];
