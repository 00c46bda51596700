// The one place that talks to the node. Every answer is typed; every refusal is a `Refusal` with its problem document.
import type { Bom } from "../features/sbom/materials";
import type { ComponentId, ComponentMap } from "./components";
import { currentLanguage } from "./language";
import type * as T from "./types";

/** A request the node refused, or never answered. */
export class Refusal extends Error {
  readonly problem: T.Problem;

  constructor(problem: T.Problem) {
    super(problem.detail ?? problem.title);
    this.name = "Refusal";
    this.problem = problem;
  }

  get status(): number {
    return this.problem.status;
  }
}

type Query = Record<string, string | number | boolean | null | undefined>;

interface Options {
  query?: Query;
  body?: unknown;
  form?: FormData;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

const BASE = "/api/v1";

/** Query string of the entries that have a value. */
export function queryString(query: Query = {}): string {
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== "");
  if (pairs.length === 0) return "";
  return `?${new URLSearchParams(pairs.map(([key, value]) => [key, String(value)])).toString()}`;
}

async function refusalOf(response: Response): Promise<Refusal> {
  const fallback: T.Problem = { title: response.statusText || `HTTP ${response.status}`, status: response.status };
  try {
    const body = (await response.json()) as Partial<T.Problem>;
    return new Refusal({ ...fallback, ...body, status: response.status });
  } catch {
    return new Refusal(fallback);
  }
}

async function send(method: string, path: string, options: Options = {}): Promise<Response> {
  const headers: Record<string, string> = {
    accept: "application/json",
    "accept-language": currentLanguage(),
    // Cross-site forms cannot set it: with the SameSite cookie this is the protection against forged requests.
    "x-brain-request": "1",
    ...options.headers,
  };
  const init: RequestInit = { method, headers, credentials: "same-origin", signal: options.signal };
  if (options.body !== undefined) {
    headers["content-type"] = "application/json";
    init.body = JSON.stringify(options.body);
  }
  // The browser itself names the boundary of a form's parts.
  if (options.form !== undefined) init.body = options.form;
  let response: Response;
  try {
    response = await fetch(`${BASE}${path}${queryString(options.query)}`, init);
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === "AbortError") throw cause;
    throw new Refusal({ title: "offline", status: 0, code: "portal/offline" });
  }
  if (!response.ok) throw await refusalOf(response);
  return response;
}

async function json<R>(method: string, path: string, options?: Options): Promise<R> {
  const response = await send(method, path, options);
  if (response.status === 204) return undefined as R;
  const text = await response.text();
  return (text === "" ? undefined : JSON.parse(text)) as R;
}

/** Lists arrive bare or as a page; screens want a page. */
function asPage<R>(value: T.Page<R> | R[]): T.Page<R> {
  if (Array.isArray(value)) return { items: value, total: value.length, page: 1, page_size: value.length };
  return value;
}

const part = encodeURIComponent;

export const api = {
  portal: () => json<T.PortalSettings>("GET", "/portal"),

  session: () => json<T.SessionState>("GET", "/session"),
  signIn: (username: string, password: string) =>
    json<T.SignInAnswer>("POST", "/session", { body: { username, password } }),
  secondFactor: (challenge: string, factor: T.Factor) =>
    json<T.SessionState>("POST", "/session/second-factor", { body: { challenge, factor } }),
  stepUp: (factor: T.Factor) => json<void>("POST", "/session/step-up", { body: { factor } }),
  askForPasskey: (challenge: string | null) => json<T.PasskeyRequest>("POST", "/session/passkey-request", { body: { challenge } }),
  askForPasskeyAgain: () => json<T.PasskeyRequest>("POST", "/session/step-up/passkey"),
  signInWithPasskey: (passkey: T.PasskeyAnswer) => json<T.SessionState>("POST", "/session/passkey", { body: { passkey } }),
  beginPasskey: () => json<T.PasskeyCreation>("POST", "/session/passkeys"),
  confirmPasskey: (body: T.NewPasskey) => json<T.AddedPasskey>("POST", "/session/passkeys/confirmation", { body }),
  renamePasskey: (id: string, name: string) => json<void>("PATCH", `/session/passkeys/${part(id)}`, { body: { name } }),
  removePasskey: (id: string) => json<void>("DELETE", `/session/passkeys/${part(id)}`),

  providers: () => json<T.ProviderCard[]>("GET", "/federation/providers"),
  depart: (provider: string) => json<{ redirect: string }>("POST", "/federation/departure", { body: { provider } }),
  arrive: (body: { state: string; code?: string; error?: string; iss?: string }) => json<T.ArrivalAnswer>("POST", "/federation/arrival", { body }),
  links: () => json<T.LinkCard[]>("GET", "/session/links"),
  beginLink: (provider: string) => json<{ redirect: string }>("POST", "/session/links", { body: { provider } }),
  endLink: (id: string) => json<void>("DELETE", `/session/links/${part(id)}`),
  consents: () => json<T.ConsentCard[]>("GET", "/session/consents"),
  withdrawConsent: (id: string) => json<void>("DELETE", `/session/consents/${part(id)}`),
  authorization: (request: T.AuthorizationRequest) => json<T.Considered>("GET", "/federation/authorization", { query: request }),
  decideAuthorization: (request: T.AuthorizationRequest, agree: boolean) =>
    json<{ redirect: string }>("POST", "/federation/authorization", { body: { request, agree } }),
  farewell: (query: Query) => json<{ redirect: string | null }>("GET", "/federation/farewell", { query }),
  clients: async () => asPage(await json<T.Page<T.ClientCard>>("GET", "/federation/clients", { query: { page_size: 200 } })),
  registerClient: (body: T.NewClient) => json<T.RegisteredClient>("POST", "/federation/clients", { body }),
  setClientState: (id: string, state: T.ClientState) => json<void>("PUT", `/federation/clients/${part(id)}/state`, { body: { state } }),
  renewClientSecret: (id: string) => json<{ secret: string }>("POST", `/federation/clients/${part(id)}/secret`),
  accountLinks: (id: string) => json<T.LinkCard[]>("GET", `/accounts/${part(id)}/links`),
  makeLink: (id: string, provider: string, subject: string) => json<T.LinkCard>("POST", `/accounts/${part(id)}/links`, { body: { provider, subject } }),
  approveLink: (id: string) => json<void>("POST", `/federation/links/${part(id)}/approval`),
  removeLink: (id: string) => json<void>("DELETE", `/federation/links/${part(id)}`),
  security: () => json<T.SecurityCard>("GET", "/session/security"),
  beginTotp: () => json<T.TotpSecret>("POST", "/session/totp"),
  confirmTotp: (code: string) => json<{ recovery_codes: string[] }>("POST", "/session/totp/confirmation", { body: { code } }),
  removeTotp: () => json<void>("DELETE", "/session/totp"),
  renewRecoveryCodes: () => json<{ recovery_codes: string[] }>("POST", "/session/recovery-codes"),
  endSession: (id: string) => json<void>("DELETE", `/session/list/${part(id)}`),
  endOtherSessions: () => json<{ ended: number }>("DELETE", "/session/others"),
  rotateKey: (id: string, grace_hours: number) => json<T.NewKey>("POST", `/api-keys/${part(id)}/rotation`, { body: { grace_hours } }),
  signOut: () => json<void>("DELETE", "/session"),
  changePassword: (old: string, next: string) => json<void>("POST", "/session/password", { body: { old, new: next } }),

  accounts: async () => asPage(await json<T.Page<T.Account> | T.Account[]>("GET", "/accounts", { query: { page_size: 500 } })),
  createAccount: (body: T.NewAccount) => json<T.Account>("POST", "/accounts", { body }),
  unlockAccount: (id: string) => json<void>("POST", `/accounts/${part(id)}/unlock`),
  resetSecondFactor: (id: string) => json<void>("DELETE", `/accounts/${part(id)}/second-factor`),
  endSessionsOf: (id: string) => json<{ ended: number }>("DELETE", `/accounts/${part(id)}/sessions`),
  approveAccount: (id: string) => json<void>("POST", `/accounts/${part(id)}/approval`),
  setAccountDisabled: (id: string, disabled: boolean) =>
    json<void>("PATCH", `/accounts/${part(id)}`, { body: { disabled } }),
  resetPassword: (id: string) => json<T.OneTimePassword>("POST", `/accounts/${part(id)}/password`),
  apiKeys: async () => asPage(await json<T.Page<T.ApiKey> | T.ApiKey[]>("GET", "/api-keys", { query: { page_size: 500 } })),
  createApiKey: (name: string, scopes: string[], expires_at: string) =>
    json<T.NewKey>("POST", "/api-keys", { body: { name, scopes, expires_at } }),
  revokeApiKey: (id: string) => json<void>("DELETE", `/api-keys/${part(id)}`),
  grants: async () => asPage(await json<T.Page<T.GrantEntry> | T.GrantEntry[]>("GET", "/grants", { query: { page_size: 500 } })),
  issueGrant: (body: T.NewGrant) => json<T.GrantEntry>("POST", "/grants", { body }),
  revokeGrant: (id: string) => json<void>("DELETE", `/grants/${part(id)}`),

  purposes: () => json<T.Purposes>("GET", "/requests/purposes"),
  requests: (query: { state?: string; page_size?: number }) => json<T.Page<T.RequestCard>>("GET", "/requests", { query }),
  requestInbox: (query: { state?: string; page_size?: number }) => json<T.Page<T.RequestCard>>("GET", "/requests/inbox", { query }),
  submitRequest: (body: T.NewRequest) => json<T.RequestCard>("POST", "/requests", { body }),
  withdrawRequest: (id: string, revision: number) => json<T.RequestCard>("POST", `/requests/${part(id)}/withdraw`, { body: { revision } }),
  approveRequest: (id: string, revision: number, approval: T.Approval) =>
    json<T.RequestCard>("POST", `/requests/${part(id)}/approve`, { body: { revision, approval } }),
  rejectRequest: (id: string, revision: number, note: string) =>
    json<T.RequestCard>("POST", `/requests/${part(id)}/reject`, { body: { revision, note } }),
  revokeRequest: (id: string, revision: number) => json<T.RequestCard>("POST", `/requests/${part(id)}/revoke`, { body: { revision } }),
  delegations: () => json<T.Page<T.DelegationCard>>("GET", "/delegations", { query: { page_size: 200 } }),
  delegate: (body: T.NewDelegation) => json<T.DelegationCard>("POST", "/delegations", { body }),
  endDelegation: (id: string) => json<void>("DELETE", `/delegations/${part(id)}`),
  access: (query: { account?: string; dataset?: string; purpose?: string; action?: string }) =>
    json<{ items: T.Explanation[]; has_more: boolean }>("GET", "/access", { query }),

  search: (query: T.SearchQuery) => json<T.SearchPage>("GET", "/search", { query: { ...query } }),

  offers: (query: { text?: string; form?: string; state?: string; mine?: boolean; page?: number; page_size?: number }) =>
    json<T.Page<T.OfferCard>>("GET", "/products", { query }),
  offer: (id: string) => json<T.OfferDetail>("GET", `/products/${part(id)}`),
  createOffer: (product: T.NewOffer, publish: T.PublishNote | null) => json<T.OfferDetail>("POST", "/products", { body: { product, publish } }),
  checkOffer: (id: string | null, definition: T.NewOffer["definition"]) => json<T.OfferCheck>("POST", "/products/check", { body: { id, definition } }),
  reviseOffer: (id: string, revision: number, product: T.NewOffer) => json<T.OfferDetail>("PUT", `/products/${part(id)}`, { body: { revision, product } }),
  publishOffer: (id: string, revision: number, publish: T.PublishNote) =>
    json<T.OfferDetail>("POST", `/products/${part(id)}/publish`, { body: { revision, publish } }),
  endOffer: (id: string, step: "deprecate" | "withdraw", revision: number, note: string) =>
    json<T.OfferDetail>("POST", `/products/${part(id)}/${step}`, { body: { revision, note } }),
  offerRows: (id: string, query: { page: number; page_size: number; parameters?: string; purpose: string }) =>
    json<T.OfferRows>("GET", `/products/${part(id)}/rows`, { query }),
  offerFile: async (id: string, format: "csv" | "parquet") => (await send("GET", `/products/${part(id)}/file`, { query: { format } })).blob(),
  offerSubscriptions: (id: string) => json<T.Page<T.OfferSubscription>>("GET", `/products/${part(id)}/subscriptions`, { query: { page_size: 200 } }),
  subscribeOffer: (id: string) => json<T.OfferSubscription>("POST", `/products/${part(id)}/subscriptions`),
  unsubscribeOffer: (id: string, subscription: string) => json<void>("DELETE", `/products/${part(id)}/subscriptions/${part(subscription)}`),
  offerUsage: (query: { product?: string; from?: string; to?: string }) => json<T.OfferUsage>("GET", "/products/usage", { query }),
  offerUsageFile: async (query: { product?: string; from?: string; to?: string }) =>
    (await send("GET", "/products/usage", { query: { ...query, format: "csv" }, headers: { accept: "text/csv" } })).blob(),

  exchange: () => json<T.ExchangeSubscription[]>("GET", "/exchange/subscriptions"),
  subscribe: (body: T.NewExchangeSubscription) => json<T.ExchangeSubscription>("POST", "/exchange/subscriptions", { body }),
  runExchange: (id: string) => json<T.ExchangeSubscription>("POST", `/exchange/subscriptions/${part(id)}/run`),
  revokeExchange: (id: string) => json<T.ExchangeSubscription>("POST", `/exchange/subscriptions/${part(id)}/revoke`),
  exchangeDeliveries: (id: string, query: { page?: number; page_size?: number }) => json<T.Page<T.ExchangeDelivery>>("GET", `/exchange/subscriptions/${part(id)}/deliveries`, { query }),
  exchangeDocuments: (id: string) => json<T.ExchangeDocuments>("GET", `/exchange/deliveries/${part(id)}/documents`),
  connectors: () => json<T.Connector[]>("GET", "/connectors"),
  createConnector: (body: T.NewConnector) => json<T.Connector>("POST", "/connectors", { body }),
  changeConnector: (id: string, body: T.ChangedConnector) => json<T.Connector>("PUT", `/connectors/${part(id)}`, { body }),
  removeConnector: (id: string, revision: number) => json<void>("DELETE", `/connectors/${part(id)}`, { query: { revision } }),
  testConnector: (body: T.ConnectorTest) => json<T.SourceFinding>("POST", "/connectors/test", { body }),
  runConnector: (id: string) => json<T.ConnectorRun>("POST", `/connectors/${part(id)}/run`),
  stopConnector: (id: string) => json<void>("POST", `/connectors/${part(id)}/stop`),
  connectorRuns: (id: string, query: { page?: number; page_size?: number }) => json<T.Page<T.ConnectorRun>>("GET", `/connectors/${part(id)}/runs`, { query }),

  terms: (query: { text?: string; dataset?: string; page?: number; page_size?: number }) => json<T.Page<T.Term>>("GET", "/terms", { query }),
  createTerm: (body: T.NewTerm) => json<T.Term>("POST", "/terms", { body }),
  changeTerm: (id: string, revision: number, term: T.NewTerm) => json<T.Term>("PUT", `/terms/${part(id)}`, { body: { revision, term } }),
  codeLists: () => json<T.CodeLists>("GET", "/standards/lists"),
  codes: (list: string, query: { text?: string; parent?: string; page?: number; page_size?: number }) =>
    json<T.Page<T.Code>>("GET", `/standards/lists/${part(list)}/codes`, { query }),
  dataElements: (text?: string) => json<T.DataElements>("GET", "/standards/elements", { query: { text } }),
  elementBindings: () => json<T.ElementBindings>("GET", "/standards/bindings"),
  products: (query: { text?: string; replaced?: boolean; page?: number; page_size?: number }) =>
    json<T.Page<T.Product>>("GET", "/master/products", { query }),
  product: (code: string) => json<T.ProductDetail>("GET", `/master/products/${part(code)}`),
  matchSets: () => json<T.MatchSet[]>("GET", "/matching/sets"),
  corpora: (query: { text?: string }) => json<T.Corpus[]>("GET", "/corpora", { query }),
  corpus: (id: string) => json<T.CorpusDetail>("GET", `/corpora/${part(id)}`),
  defineCorpus: (body: T.NewCorpus) => json<T.CorpusDetail>("POST", "/corpora", { body }),
  changeCorpus: (id: string, body: T.ChangedCorpus) => json<T.CorpusDetail>("PUT", `/corpora/${part(id)}`, { body }),
  bringCorpusFile: (id: string, file: File) => {
    const form = new FormData();
    form.append("file", file, file.name);
    return json<T.CorpusFile>("POST", `/corpora/${part(id)}/files`, { form });
  },
  removeCorpusFile: (id: string, file: string) => json<void>("DELETE", `/corpora/${part(id)}/files/${part(file)}`),
  corpusRuns: (id: string, query: { page?: number; page_size?: number }) => json<T.Page<T.CorpusRun>>("GET", `/corpora/${part(id)}/runs`, { query }),
  startCorpusRun: (id: string) => json<T.CorpusRun>("POST", `/corpora/${part(id)}/runs`),
  cancelCorpusRun: (id: string) => json<void>("POST", `/corpus-runs/${part(id)}/cancel`),
  corpusVersions: (id: string, query: { page?: number; page_size?: number }) => json<T.Page<T.CorpusVersion>>("GET", `/corpora/${part(id)}/versions`, { query }),
  corpusVersion: (id: string, number: string) => json<T.CorpusVersionDetail>("GET", `/corpora/${part(id)}/versions/${part(number)}`),
  corpusDocuments: (id: string, number: number, query: { split?: string; text?: string; page?: number; page_size?: number }) =>
    json<T.Page<T.CorpusDocument>>("GET", `/corpora/${part(id)}/versions/${number}/documents`, { query }),
  corpusRejected: (id: string, number: number, query: { rule?: string; page?: number; page_size?: number }) =>
    json<T.Page<T.CorpusRejected>>("GET", `/corpora/${part(id)}/versions/${number}/rejected`, { query }),
  /** A version as a file, exactly as the node wrote it. */
  exportCorpus: async (id: string, number: number, format: "parquet" | "jsonl" | "huggingface") =>
    (await send("GET", `/corpora/${part(id)}/versions/${number}/export`, { query: { format }, headers: { accept: "*/*" } })).blob(),
  matchSet: (id: string) => json<T.MatchSetDetail>("GET", `/matching/sets/${part(id)}`),
  createMatchSet: (body: T.NewMatchSet) => json<T.MatchSetDetail>("POST", "/matching/sets", { body }),
  changeMatchSet: (id: string, revision: number, set: T.NewMatchSet) =>
    json<T.MatchSetDetail>("PUT", `/matching/sets/${part(id)}`, { body: { revision, set } }),
  matchRuns: (set: string, query: { page?: number; page_size?: number }) => json<T.Page<T.MatchRun>>("GET", `/matching/sets/${part(set)}/runs`, { query }),
  startMatchRun: (set: string) => json<T.MatchRun>("POST", `/matching/sets/${part(set)}/runs`),
  matchRun: (id: string) => json<T.MatchRunDetail>("GET", `/matching/runs/${part(id)}`),
  cancelMatchRun: (id: string) => json<void>("POST", `/matching/runs/${part(id)}/cancel`),
  matchPairs: (
    set: string,
    query: { state?: string; at_least?: number; at_most?: number; key?: string; mine?: boolean; changed?: boolean; sample?: boolean; page?: number; page_size?: number },
  ) => json<T.Page<T.MatchPair>>("GET", `/matching/sets/${part(set)}/pairs`, { query }),
  takeMatchBatch: (set: string, body: { count: number; minutes: number }) => json<T.MatchPair[]>("POST", `/matching/sets/${part(set)}/batch`, { body }),
  releaseMatchBatch: (set: string) => json<{ pairs: number }>("POST", `/matching/sets/${part(set)}/release`),
  matchPair: (id: string) => json<T.MatchPairDetail>("GET", `/matching/pairs/${part(id)}`),
  decideMatchPair: (id: string, body: { verdict: T.MatchVerdict; reason: string; revision: number }) =>
    json<T.MatchPairDetail>("POST", `/matching/pairs/${part(id)}/decisions`, { body }),
  matchClusters: (set: string, query: { text?: string; at_least?: number; ended?: boolean; page?: number; page_size?: number }) =>
    json<T.Page<T.MatchCluster>>("GET", `/matching/sets/${part(set)}/clusters`, { query }),
  matchCluster: (id: string) => json<T.MatchClusterDetail>("GET", `/matching/clusters/${part(id)}`),
  matchLookup: (set: string, name: string) => json<T.MatchLookupHit[]>("GET", `/matching/sets/${part(set)}/lookup`, { query: { text: name } }),
  removeTerm: (id: string, revision: number) => json<void>("DELETE", `/terms/${part(id)}`, { query: { revision } }),

  models: (select?: string) => json<T.ModelList>("GET", "/models", { query: { select } }),
  model: (name: string) => json<T.ModelDetail>("GET", `/models/${part(name)}`),
  planModels: (body: T.ModelRequest) => json<{ steps: T.ModelStep[] }>("POST", "/models/plan", { body }),
  runModels: (body: T.ModelRequest) => json<{ runs: T.ModelRun[] }>("POST", "/models/run", { body }),

  datasets: (query: { text?: string; zone?: string; side?: string; page?: number; page_size?: number }) =>
    json<T.Page<T.DatasetCard>>("GET", "/datasets", { query }),
  dataset: (name: string) => json<T.DatasetDetail>("GET", `/datasets/${part(name)}`),
  lineage: (query: { dataset: string; column?: string; depth?: number; values_only?: boolean }) =>
    json<T.LineageGraph>("GET", "/lineage", { query }),
  lineageImpact: (query: { dataset: string; column?: string; values_only?: boolean }) =>
    json<T.Impact>("GET", "/lineage/impact", { query }),
  datasetRows: (
    name: string,
    query: { page?: number; page_size?: number; version?: number | null; text?: string },
  ) => json<T.Rows>("GET", `/datasets/${part(name)}/rows`, { query }),

  quality: (name: string) => json<T.QualityCard>("GET", `/datasets/${part(name)}/quality`),
  checkQuality: (name: string) => json<T.QualityCheck>("POST", `/datasets/${part(name)}/quality/check`),
  changeQualityRules: (name: string, body: T.NewQualityRules) => json<{ version: number }>("PUT", `/datasets/${part(name)}/quality/rules`, { body }),
  proposeQualityRules: (name: string) => json<T.QualityProposal[]>("POST", `/datasets/${part(name)}/quality/proposals`),
  setQualityBaseline: (name: string, reason: string) => json<T.QualityBaseline>("POST", `/datasets/${part(name)}/quality/baseline`, { body: { reason } }),
  qualityProfile: (name: string) => json<T.QualityProfile>("GET", `/datasets/${part(name)}/quality/profile`),
  qualityExamples: (name: string, rule: string) => json<T.Rows>("GET", `/datasets/${part(name)}/quality/examples`, { query: { rule } }),
  qualityTickets: (query: { state?: string; unresolved?: boolean; dataset?: string; page?: number; page_size?: number }) =>
    json<T.Page<T.QualityTicket>>("GET", "/quality/tickets", { query }),
  qualityTicket: (id: string) => json<T.QualityTicketDetail>("GET", `/quality/tickets/${part(id)}`),
  qualityTicketStep: (id: string, step: string, body: { revision: number; note: string }) =>
    json<T.QualityTicketDetail>("POST", `/quality/tickets/${part(id)}/${step}`, { body }),

  mappings: async () => asPage(await json<T.Page<T.Mapping> | T.Mapping[]>("GET", "/mappings")),
  ingestRuns: async () => asPage(await json<T.Page<T.IngestRun> | T.IngestRun[]>("GET", "/ingest/runs", { query: { page_size: 100 } })),
  ingestRun: (id: string) => json<T.IngestRun>("GET", `/ingest/runs/${part(id)}`),
  cancelIngest: (id: string) => json<void>("POST", `/ingest/runs/${part(id)}/cancel`),
  upload,

  sql: (body: { sql: string; page?: number; page_size?: number }, id: string, signal?: AbortSignal) =>
    json<T.SqlResult>("POST", "/sql", { body: { ...body, format: "json" }, headers: { "x-query-id": id }, signal }),
  sqlCsv: async (sql: string, id: string) => {
    const response = await send("POST", "/sql", {
      body: { sql, format: "csv" },
      headers: { "x-query-id": id, accept: "text/csv" },
    });
    return response.blob();
  },
  cancelSql: (id: string) => json<void>("DELETE", `/sql/${part(id)}`),

  components: async () => asPage(await json<T.Page<T.ComponentCard> | T.ComponentCard[]>("GET", "/components")).items,
  component: (id: string) => json<T.Manifest>("GET", `/components/${part(id)}`),
  run: <K extends ComponentId>(id: K, params: ComponentMap[K]["params"], watch?: Watch) =>
    run<T.RunOutcome<ComponentMap[K]["result"]>>(id, params, watch),
  runAny: (id: string, params: unknown, watch?: Watch) => run<T.RunOutcome<unknown>>(id, params, watch),

  mapBoundaries: async () => (await json<T.MapBoundaries>("GET", "/map/boundaries")).boundaries ?? null,
  importBoundaries: (file: File, approval: string, source: string) => {
    const form = new FormData();
    form.append("file", file, file.name);
    return json<T.BoundaryReport>("POST", "/map/boundaries", { query: { approval, source }, form });
  },
  removeBoundaries: () => json<void>("DELETE", "/map/boundaries"),

  evidence: async (query: { kind?: string; subject?: string; page?: number; page_size?: number }) =>
    asPage(await json<T.Page<T.EvidenceEntry> | T.EvidenceEntry[]>("GET", "/evidence", { query })),
  evidenceTrace: (query: { about: string; page?: number; page_size?: number }) =>
    json<T.Page<T.EvidenceEntry>>("GET", "/evidence/trace", { query }),
  evidenceHead: () => json<T.LogHead>("GET", "/evidence/head"),
  /** A proof bundle as a file, exactly as the node wrote it. */
  evidenceBundle: async (query: { about?: string; seq?: number; page?: number; page_size?: number }) =>
    (await send("GET", "/evidence/bundle", { query })).blob(),
  sbom: () => json<Bom>("GET", "/sbom"),
  evidenceWitnesses: () => json<T.Witnessing>("GET", "/evidence/witnesses"),
  classifications: async (query: { state?: string; dataset?: string; page?: number; page_size?: number }) =>
    asPage(await json<T.Page<T.Classification>>("GET", "/grading", { query })),
  gradingReport: () => json<T.GradingReport>("GET", "/grading/report"),
  gradingFilings: () => json<T.Filing[]>("GET", "/grading/filings"),
  decideClassification: (id: string, step: "confirm" | "approve" | "reject", reason: string) =>
    json<T.Classification>("POST", `/grading/${part(id)}/${step}`, { body: { reason } }),
  degrade: (body: T.DegradingRequest) => json<T.Classification>("POST", "/grading/degradings", { body }),
  ownStatus: () => json<T.OwnStatus>("GET", "/status"),
  peerStandings: async (query: { page?: number; page_size?: number }) =>
    asPage(await json<T.Page<T.PeerStanding>>("GET", "/status/peers", { query })),
  checkPeer: (id: string) => json<T.PeerStanding>("POST", `/status/peers/${part(id)}/check`),
  knownGood: () => json<T.KnownGood[]>("GET", "/status/known-good"),
  addKnownGood: (body: T.NewKnownGood) => json<T.KnownGood>("POST", "/status/known-good", { body }),
  withdrawKnownGood: async (id: string) => void (await send("DELETE", `/status/known-good/${part(id)}`)),
  compliance: () => json<T.ComplianceReport>("GET", "/compliance"),
  retentionRules: () => json<T.RetentionRule[]>("GET", "/retention/rules"),
  deletionProposals: async (query: { page?: number; page_size?: number }) =>
    asPage(await json<T.Page<T.DeletionProposal>>("GET", "/retention/proposals", { query })),
  decideDeletion: (id: string, step: "approval" | "rejection", reason: string) =>
    json<T.DeletionProposal>("POST", `/retention/proposals/${part(id)}/${step}`, { body: { reason } }),
  evidenceProof: (seq: number) => json<T.InclusionProof>("GET", `/evidence/${seq}/proof`),
  auditRecords: (query: T.AuditQuery & { page?: number; page_size?: number }) =>
    json<T.Page<T.AuditRecord>>("GET", "/audit/records", { query }),
  auditRecord: (seq: number) => json<T.AuditDetail>("GET", `/audit/records/${seq}`),
  auditStatus: () => json<T.AuditStatus>("GET", "/audit/status"),
  verifyAudit: () => json<T.AuditVerification>("POST", "/audit/verify"),
  /** Records as a file, exactly as the node wrote it. */
  auditFile: async (query: T.AuditQuery & { format: "csv" | "jsonl" }) => (await send("GET", "/audit/export", { query, headers: { accept: "*/*" } })).blob(),
  incidents: (query: { state?: string; unclosed?: boolean; severity?: string; drill?: boolean; page?: number; page_size?: number }) =>
    json<T.Page<T.IncidentCard>>("GET", "/incidents", { query }),
  incident: (id: string) => json<T.IncidentDetail>("GET", `/incidents/${part(id)}`),
  raiseIncident: (body: T.NewIncident) => json<T.IncidentDetail>("POST", "/incidents", { body }),
  incidentStep: (id: string, step: string, body: object) => json<T.IncidentDetail>("POST", `/incidents/${part(id)}/${step}`, { body }),
  alertRules: () => json<T.Rulebook>("GET", "/alerts/rules"),
  verifyEvidence: () => json<T.Verification>("POST", "/evidence/verify"),
};

/** Who watches a run: told how far it is, and able to stop it. */
export interface Watch {
  signal?: AbortSignal;
  onProgress?: (progress: T.RunProgress) => void;
}

/** What is quicker than this answers at once; a longer run is watched (seconds, RFC 7240 `wait`). */
const WAIT_S = 1;
const POLL_MS = 400;

/** Runs a component: the answer itself when it is quick, else progress until it is there. Aborting stops the run. */
async function run<R>(id: string, params: unknown, watch: Watch = {}): Promise<R> {
  const response = await send("POST", `/components/${part(id)}/run`, {
    body: { params },
    headers: { prefer: `respond-async, wait=${WAIT_S}` },
    signal: watch.signal,
  });
  if (response.status !== 202) return (await response.json()) as R;
  return follow<R>((await response.json()) as T.ComponentRun, watch);
}

async function follow<R>(begun: T.ComponentRun, watch: Watch): Promise<R> {
  const path = `/runs/${part(begun.run_id)}`;
  // Stops a run at work and forgets one that ended; if it cannot be reached, the node forgets it by itself.
  const forget = () => void json<void>("DELETE", path).catch(() => undefined);
  let seen = begun;
  try {
    while (seen.state === "queued" || seen.state === "running") {
      watch.onProgress?.(seen.progress);
      await pause(POLL_MS, watch.signal);
      seen = await json<T.ComponentRun>("GET", path, { signal: watch.signal });
    }
  } catch (cause) {
    forget();
    throw cause;
  }
  forget();
  if (seen.state === "succeeded" && seen.outcome) return seen.outcome as R;
  throw new Refusal(seen.failure ?? { title: seen.state, status: 500 });
}

function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(new DOMException("aborted", "AbortError"));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, milliseconds);
    if (signal?.aborted) stop();
    else signal?.addEventListener("abort", stop, { once: true });
  });
}

/** Sends a file for ingest and reports how much has left this device (`fetch` cannot). */
function upload(
  mapping: string,
  file: File,
  onProgress: (sent: number, total: number) => void,
  signal: AbortSignal,
): Promise<{ run_id: string }> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", `${BASE}/ingest${queryString({ mapping })}`);
    request.setRequestHeader("accept", "application/json");
    request.setRequestHeader("accept-language", currentLanguage());
    request.setRequestHeader("x-brain-request", "1");
    request.upload.onprogress = (event) => onProgress(event.loaded, event.total);
    request.onerror = () => reject(new Refusal({ title: "offline", status: 0, code: "portal/offline" }));
    request.onabort = () => reject(new DOMException("aborted", "AbortError"));
    request.onload = () => {
      let body: unknown = null;
      try {
        body = JSON.parse(request.responseText);
      } catch {
        body = null;
      }
      if (request.status >= 200 && request.status < 300) resolve(body as { run_id: string });
      else {
        const problem = (body ?? {}) as Partial<T.Problem>;
        reject(new Refusal({ title: request.statusText, ...problem, status: request.status }));
      }
    };
    signal.addEventListener("abort", () => request.abort());
    const form = new FormData();
    form.append("file", file, file.name);
    request.send(form);
  });
}
