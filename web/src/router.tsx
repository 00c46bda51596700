// Every page has an address, every filter is in it: what is on screen can be sent as a link.
import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Outlet, redirect } from "@tanstack/react-router";
import { client } from "./sdk/query";
import { readSession, SESSION_KEY } from "./sdk/session";
import { CrashPage, MissingPage } from "./shell/Crash";
import { Layout } from "./shell/Layout";
import { Waiting } from "./sdk/States";
import type { SearchQuery } from "./sdk/types";

type Search = Record<string, unknown>;
type SearchAddress = Pick<SearchQuery, "q" | "kind" | "zone" | "side" | "grade" | "owner" | "page">;
const str = (value: unknown) => (typeof value === "string" && value !== "" ? value : typeof value === "number" ? String(value) : undefined);
const num = (value: unknown) => (value !== undefined && value !== "" && Number.isFinite(Number(value)) ? Number(value) : undefined);

const root = createRootRoute({ component: Outlet, errorComponent: CrashPage, notFoundComponent: MissingPage });

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  validateSearch: (s: Search): { next?: string } => ({ next: str(s.next) }),
  component: lazyRouteComponent(() => import("./features/sign-in/SignIn"), "SignIn"),
});

const password = createRoute({
  getParentRoute: () => root,
  path: "/password",
  component: lazyRouteComponent(() => import("./features/sign-in/ChangePassword"), "ChangePassword"),
});

const signInReturn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in/return",
  component: lazyRouteComponent(() => import("./features/sign-in/Return"), "Return"),
});

const authorize = createRoute({
  getParentRoute: () => root,
  path: "/authorize",
  component: lazyRouteComponent(() => import("./features/sign-in/Authorize"), "Authorize"),
});

const signOutPage = createRoute({
  getParentRoute: () => root,
  path: "/sign-out",
  component: lazyRouteComponent(() => import("./features/sign-in/SignOut"), "SignOut"),
});

/** Everything else needs a session, and a password that is the person's own. */
const shell = createRoute({
  getParentRoute: () => root,
  id: "shell",
  beforeLoad: async ({ location }) => {
    const session = await client.ensureQueryData({ queryKey: SESSION_KEY, queryFn: readSession, staleTime: 300_000 });
    if (session === null) throw redirect({ to: "/sign-in", search: { next: location.href === "/" ? undefined : location.href } });
    if (session.must_change_password) throw redirect({ to: "/password" });
    if (session.must_show_second_factor && location.pathname !== "/security") throw redirect({ to: "/security" });
  },
  component: Layout,
});

const home = createRoute({
  getParentRoute: () => shell,
  path: "/",
  component: lazyRouteComponent(() => import("./features/home/Home"), "Home"),
});
const chains = createRoute({
  getParentRoute: () => shell,
  path: "/chain",
  component: lazyRouteComponent(() => import("./features/chain/Chains"), "Chains"),
});
const chain = createRoute({
  getParentRoute: () => shell,
  path: "/chain/$id",
  validateSearch: (
    s: Search,
  ): { region?: string; asOf?: string; halfLife?: number; root?: string; product?: string; view?: "graph" | "list" } => ({
    region: str(s.region),
    halfLife: num(s.halfLife),
    root: str(s.root),
    asOf: str(s.asOf),
    product: str(s.product),
    view: s.view === "graph" || s.view === "list" ? s.view : undefined,
  }),
  component: lazyRouteComponent(() => import("./features/chain/Panorama"), "Panorama"),
});
const map = createRoute({
  getParentRoute: () => shell,
  path: "/map",
  validateSearch: (s: Search): { chain?: string; product?: string; province?: string; metric?: "capital" } => ({
    chain: str(s.chain),
    product: str(s.product),
    province: str(s.province),
    metric: s.metric === "capital" ? "capital" : undefined,
  }),
  component: lazyRouteComponent(() => import("./features/map/MapPage"), "MapPage"),
});
const gap = createRoute({
  getParentRoute: () => shell,
  path: "/gap",
  validateSearch: (s: Search): { chain?: string; region?: string; compare?: string; state?: string } => ({
    chain: str(s.chain),
    region: str(s.region),
    compare: str(s.compare),
    state: str(s.state),
  }),
  component: lazyRouteComponent(() => import("./features/gap/GapBoard"), "GapBoard"),
});
const candidates = createRoute({
  getParentRoute: () => shell,
  path: "/candidates",
  validateSearch: (s: Search): { chain?: string; product?: string; region?: string } => ({
    chain: str(s.chain),
    product: str(s.product),
    region: str(s.region),
  }),
  component: lazyRouteComponent(() => import("./features/candidates/CandidatesPage"), "CandidatesPage"),
});
const risk = createRoute({
  getParentRoute: () => shell,
  path: "/risk",
  validateSearch: (
    s: Search,
  ): { chain?: string; region?: string; network?: "observed" | "estimated"; replaceability?: "off"; epsilon?: number } => ({
    chain: str(s.chain),
    region: str(s.region),
    network: s.network === "observed" || s.network === "estimated" ? s.network : undefined,
    replaceability: s.replaceability === "off" ? "off" : undefined,
    epsilon: num(s.epsilon),
  }),
  component: lazyRouteComponent(() => import("./features/risk/RiskBoard"), "RiskBoard"),
});
const firms = createRoute({
  getParentRoute: () => shell,
  path: "/firms",
  validateSearch: (s: Search): { q?: string; region?: string; product?: string; industry?: string; page?: number } => ({
    q: str(s.q),
    region: str(s.region),
    product: str(s.product),
    industry: str(s.industry),
    page: num(s.page),
  }),
  component: lazyRouteComponent(() => import("./features/firms/FirmSearch"), "FirmSearch"),
});
const firm = createRoute({
  getParentRoute: () => shell,
  path: "/firms/$id",
  component: lazyRouteComponent(() => import("./features/firms/FirmPage"), "FirmPage"),
});
const data = createRoute({
  getParentRoute: () => shell,
  path: "/data",
  validateSearch: (s: Search): { text?: string; zone?: string; side?: string; page?: number } => ({
    text: str(s.text),
    zone: str(s.zone),
    side: str(s.side),
    page: num(s.page),
  }),
  component: lazyRouteComponent(() => import("./features/data/Catalogue"), "Catalogue"),
});
const ingest = createRoute({
  getParentRoute: () => shell,
  path: "/data/ingest",
  validateSearch: (s: Search): { run?: string } => ({ run: str(s.run) }),
  component: lazyRouteComponent(() => import("./features/data/Ingest"), "Ingest"),
});
const dataset = createRoute({
  getParentRoute: () => shell,
  path: "/data/$name",
  validateSearch: (s: Search): { version?: number; text?: string; tab?: string; page?: number } => ({
    version: num(s.version),
    text: str(s.text),
    tab: str(s.tab),
    page: num(s.page),
  }),
  component: lazyRouteComponent(() => import("./features/data/DatasetPage"), "DatasetPage"),
});
const search = createRoute({
  getParentRoute: () => shell,
  path: "/search",
  validateSearch: (s: Search): SearchAddress => ({
    q: str(s.q),
    kind: str(s.kind) as SearchAddress["kind"],
    zone: str(s.zone),
    side: str(s.side),
    grade: str(s.grade) as SearchAddress["grade"],
    owner: str(s.owner),
    page: num(s.page),
  }),
  component: lazyRouteComponent(() => import("./features/search/SearchPage"), "SearchPage"),
});
const terms = createRoute({
  getParentRoute: () => shell,
  path: "/terms",
  validateSearch: (s: Search): { text?: string; dataset?: string; page?: number } => ({ text: str(s.text), dataset: str(s.dataset), page: num(s.page) }),
  component: lazyRouteComponent(() => import("./features/terms/TermsPage"), "TermsPage"),
});
const products = createRoute({
  getParentRoute: () => shell,
  path: "/products",
  validateSearch: (s: Search): { text?: string; form?: string; state?: string; mine?: boolean; page?: number } => ({
    text: str(s.text),
    form: str(s.form),
    state: str(s.state),
    mine: s.mine === true || s.mine === "true" ? true : undefined,
    page: num(s.page),
  }),
  component: lazyRouteComponent(() => import("./features/products/ProductShelf"), "ProductShelf"),
});
const newProduct = createRoute({
  getParentRoute: () => shell,
  path: "/products/new",
  validateSearch: (s: Search): { dataset?: string; sql?: string; id?: string } => ({ dataset: str(s.dataset), sql: str(s.sql), id: str(s.id) }),
  component: lazyRouteComponent(() => import("./features/products/PublishProduct"), "PublishProduct"),
});
const productUsage = createRoute({
  getParentRoute: () => shell,
  path: "/products/usage",
  validateSearch: (s: Search): { from?: string; to?: string } => ({ from: str(s.from), to: str(s.to) }),
  component: lazyRouteComponent(() => import("./features/products/ProductUsage"), "ProductUsagePage"),
});
const offer = createRoute({
  getParentRoute: () => shell,
  path: "/products/$id",
  validateSearch: (s: Search): { tab?: string } => ({ tab: str(s.tab) }),
  component: lazyRouteComponent(() => import("./features/products/ProductPage"), "ProductPage"),
});
const connectors = createRoute({
  getParentRoute: () => shell,
  path: "/connectors",
  component: lazyRouteComponent(() => import("./features/connect/ConnectorsPage"), "ConnectorsPage"),
});
const exchange = createRoute({
  getParentRoute: () => shell,
  path: "/exchange",
  component: lazyRouteComponent(() => import("./features/exchange/ExchangePage"), "ExchangePage"),
});
const models = createRoute({
  getParentRoute: () => shell,
  path: "/models",
  validateSearch: (s: Search): { select?: string; model?: string } => ({ select: str(s.select), model: str(s.model) }),
  component: lazyRouteComponent(() => import("./features/models/ModelsPage"), "ModelsPage"),
});
const standards = createRoute({
  getParentRoute: () => shell,
  path: "/standards",
  validateSearch: (s: Search): { tab?: string; list?: string; text?: string; page?: number } => ({
    tab: str(s.tab),
    list: str(s.list),
    text: str(s.text),
    page: num(s.page),
  }),
  component: lazyRouteComponent(() => import("./features/standards/StandardsPage"), "StandardsPage"),
});
const master = createRoute({
  getParentRoute: () => shell,
  path: "/master",
  validateSearch: (s: Search): { text?: string; replaced?: boolean; code?: string; page?: number } => ({
    text: str(s.text),
    replaced: s.replaced === true || undefined,
    code: str(s.code),
    page: num(s.page),
  }),
  component: lazyRouteComponent(() => import("./features/master/ProductsPage"), "ProductsPage"),
});
const matching = createRoute({
  getParentRoute: () => shell,
  path: "/matching",
  component: lazyRouteComponent(() => import("./features/matching/MatchingPage"), "MatchingPage"),
});
const matchSet = createRoute({
  getParentRoute: () => shell,
  path: "/matching/$id",
  validateSearch: (
    s: Search,
  ): { tab?: "review" | "pairs" | "clusters" | "lookup"; run?: string; pair?: string; cluster?: string; state?: string; text?: string; ended?: boolean; page?: number } => ({
    tab: s.tab === "review" || s.tab === "pairs" || s.tab === "clusters" || s.tab === "lookup" ? s.tab : undefined,
    run: str(s.run),
    pair: str(s.pair),
    cluster: str(s.cluster),
    state: str(s.state),
    text: str(s.text),
    ended: s.ended === true || undefined,
    page: num(s.page),
  }),
  component: lazyRouteComponent(() => import("./features/matching/SetPage"), "SetPage"),
});
const corpora = createRoute({
  getParentRoute: () => shell,
  path: "/corpora",
  validateSearch: (s: Search): { text?: string } => ({ text: str(s.text) }),
  component: lazyRouteComponent(() => import("./features/corpora/CorporaPage"), "CorporaPage"),
});
const corpus = createRoute({
  getParentRoute: () => shell,
  path: "/corpora/$id",
  component: lazyRouteComponent(() => import("./features/corpora/CorpusPage"), "CorpusPage"),
});
const CORPUS_TABS = ["documents", "rejected", "statistics", "report", "card", "origin"] as const;
const CORPUS_SPLITS = ["train", "validation", "test"] as const;
const corpusVersion = createRoute({
  getParentRoute: () => shell,
  path: "/corpora/$id/$number",
  validateSearch: (
    s: Search,
  ): { tab?: (typeof CORPUS_TABS)[number]; split?: (typeof CORPUS_SPLITS)[number]; text?: string; rule?: string; page?: number } => ({
    tab: CORPUS_TABS.find((tab) => tab === s.tab),
    split: CORPUS_SPLITS.find((split) => split === s.split),
    text: str(s.text),
    rule: str(s.rule),
    page: num(s.page),
  }),
  component: lazyRouteComponent(() => import("./features/corpora/VersionPage"), "VersionPage"),
});
const sql = createRoute({
  getParentRoute: () => shell,
  path: "/sql",
  validateSearch: (s: Search): { q?: string } => ({ q: str(s.q) }),
  component: lazyRouteComponent(() => import("./features/sql/Workbench"), "Workbench"),
});
const components = createRoute({
  getParentRoute: () => shell,
  path: "/components",
  component: lazyRouteComponent(() => import("./features/components/ComponentList"), "ComponentList"),
});
const component = createRoute({
  getParentRoute: () => shell,
  path: "/components/$id",
  component: lazyRouteComponent(() => import("./features/components/ComponentPage"), "ComponentPage"),
});
const evidence = createRoute({
  getParentRoute: () => shell,
  path: "/evidence",
  validateSearch: (s: Search): { seq?: number; kind?: string; subject?: string; about?: string; page?: number } => ({
    seq: num(s.seq),
    kind: str(s.kind),
    subject: str(s.subject),
    about: str(s.about),
    page: num(s.page),
  }),
  component: lazyRouteComponent(() => import("./features/evidence/EvidencePage"), "EvidencePage"),
});
const audit = createRoute({
  getParentRoute: () => shell,
  path: "/audit",
  validateSearch: (s: Search): { account?: string; dataset?: string; outcome?: string; channel?: string; action?: string; from?: string; to?: string; page?: number; seq?: number } => ({
    account: str(s.account),
    dataset: str(s.dataset),
    outcome: str(s.outcome),
    channel: str(s.channel),
    action: str(s.action),
    from: str(s.from),
    to: str(s.to),
    page: num(s.page),
    seq: num(s.seq),
  }),
  component: lazyRouteComponent(() => import("./features/audit/AuditPage"), "AuditPage"),
});
const incidents = createRoute({
  getParentRoute: () => shell,
  path: "/incidents",
  validateSearch: (
    s: Search,
  ): { all?: boolean; state?: "open" | "assigned" | "contained" | "closed"; severity?: "general" | "serious" | "major" | "critical"; kind?: "real" | "drill"; page?: number } => ({
    all: s.all === true ? true : undefined,
    state: s.state === "open" || s.state === "assigned" || s.state === "contained" || s.state === "closed" ? s.state : undefined,
    severity: s.severity === "general" || s.severity === "serious" || s.severity === "major" || s.severity === "critical" ? s.severity : undefined,
    kind: s.kind === "real" || s.kind === "drill" ? s.kind : undefined,
    page: num(s.page),
  }),
  component: lazyRouteComponent(() => import("./features/incidents/IncidentsPage"), "IncidentsPage"),
});
const incident = createRoute({
  getParentRoute: () => shell,
  path: "/incidents/$id",
  component: lazyRouteComponent(() => import("./features/incidents/IncidentPage"), "IncidentPage"),
});
const quality = createRoute({
  getParentRoute: () => shell,
  path: "/quality",
  validateSearch: (s: Search): { all?: boolean; state?: "open" | "acknowledged" | "resolved"; dataset?: string; page?: number } => ({
    all: s.all === true ? true : undefined,
    state: s.state === "open" || s.state === "acknowledged" || s.state === "resolved" ? s.state : undefined,
    dataset: str(s.dataset),
    page: num(s.page),
  }),
  component: lazyRouteComponent(() => import("./features/quality/TicketsPage"), "TicketsPage"),
});
const qualityTicket = createRoute({
  getParentRoute: () => shell,
  path: "/quality/$id",
  component: lazyRouteComponent(() => import("./features/quality/TicketPage"), "TicketPage"),
});
const grading = createRoute({
  getParentRoute: () => shell,
  path: "/grading",
  component: lazyRouteComponent(() => import("./features/grading/GradingPage"), "GradingPage"),
});
const nodes = createRoute({
  getParentRoute: () => shell,
  path: "/nodes",
  component: lazyRouteComponent(() => import("./features/nodes/NodesPage"), "NodesPage"),
});
const compliance = createRoute({
  getParentRoute: () => shell,
  path: "/compliance",
  validateSearch: (s: Search): { state?: string } => ({ state: str(s.state) }),
  component: lazyRouteComponent(() => import("./features/compliance/CompliancePage"), "CompliancePage"),
});
const retention = createRoute({
  getParentRoute: () => shell,
  path: "/retention",
  component: lazyRouteComponent(() => import("./features/retention/RetentionPage"), "RetentionPage"),
});
const accounts = createRoute({
  getParentRoute: () => shell,
  path: "/accounts",
  component: lazyRouteComponent(() => import("./features/accounts/AccountsPage"), "AccountsPage"),
});
const keys = createRoute({
  getParentRoute: () => shell,
  path: "/keys",
  component: lazyRouteComponent(() => import("./features/keys/KeysPage"), "KeysPage"),
});
const sbom = createRoute({
  getParentRoute: () => shell,
  path: "/sbom",
  validateSearch: (s: Search): { text?: string; all?: true } => ({
    text: str(s.text),
    all: s.all === true || s.all === "true" ? true : undefined,
  }),
  component: lazyRouteComponent(() => import("./features/sbom/SbomPage"), "SbomPage"),
});
const security = createRoute({
  getParentRoute: () => shell,
  path: "/security",
  component: lazyRouteComponent(() => import("./features/security/SecurityPage"), "SecurityPage"),
});
const requests = createRoute({
  getParentRoute: () => shell,
  path: "/requests",
  validateSearch: (s: Search): { tab?: string } => ({ tab: str(s.tab) }),
  component: lazyRouteComponent(() => import("./features/requests/RequestsPage"), "RequestsPage"),
});
const access = createRoute({
  getParentRoute: () => shell,
  path: "/access",
  validateSearch: (s: Search): { account?: string; dataset?: string; purpose?: string; action?: string } => ({
    account: str(s.account),
    dataset: str(s.dataset),
    purpose: str(s.purpose),
    action: str(s.action),
  }),
  component: lazyRouteComponent(() => import("./features/access/AccessPage"), "AccessPage"),
});
const about = createRoute({
  getParentRoute: () => shell,
  path: "/about",
  component: lazyRouteComponent(() => import("./features/about/About"), "About"),
});

export const router = createRouter({
  routeTree: root.addChildren([
    signIn,
    signInReturn,
    authorize,
    signOutPage,
    password,
    shell.addChildren([
      home, chains, chain, map, gap, candidates, risk, firms, firm, data, ingest, dataset, search, terms, standards, master, matching, matchSet, corpora, corpus, corpusVersion,
      connectors, models, sql, components, component, products, newProduct, productUsage, offer, exchange,
      evidence, audit, incidents, incident, quality, qualityTicket, grading, nodes, compliance, retention, accounts, requests, access, keys, sbom, security, about,
    ]),
  ]),
  defaultPreload: "intent",
  defaultPendingComponent: () => <Waiting rows={8} />,
  defaultErrorComponent: CrashPage,
  defaultNotFoundComponent: MissingPage,
  scrollRestoration: true,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
