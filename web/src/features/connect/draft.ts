// The form's flat fields, and what the node takes.
import type { Connector, NewConnector, Schedule, SourceSettings } from "../../sdk/types";

export type Kind = SourceSettings["kind"];
export const KINDS: Kind[] = ["folder", "http", "postgres", "postgres_changes", "mysql", "mqtt", "nats", "kafka", "s3", "pages"];
/** Ports servers listen on, by kind. */
const PORTS: Partial<Record<Kind, number>> = { postgres: 5432, postgres_changes: 5432, mysql: 3306, mqtt: 8883, nats: 4222 };
export const portOf = (kind: Kind) => PORTS[kind];

export interface Draft {
  name: string;
  kind: Kind;
  mapping: string;
  dataset?: string;
  every: Schedule["every"];
  minutes?: number;
  at?: string;
  enabled: boolean;
  secret?: string;
  beginning?: boolean;
  // folder
  path?: string;
  pattern?: string;
  // http
  url?: string;
  records?: string;
  authentication?: "none" | "bearer" | "basic" | "header";
  authenticationName?: string;
  paging?: "none" | "page" | "offset" | "cursor" | "link";
  pagingParameter?: string;
  pagingFirst?: number;
  pagingNext?: string;
  field?: string;
  fieldParameter?: string;
  pause?: number;
  // databases
  host?: string;
  port?: number;
  database?: string;
  user?: string;
  tls?: "off" | "on" | "verify";
  authority?: string;
  schema?: string;
  table?: string;
  cursor?: string;
  key?: string[];
  slot?: string;
  publication?: string;
  make?: boolean;
  snapshot?: boolean;
  // mqtt, nats, kafka
  encryption?: Mqtt["tls"];
  topic?: string;
  clientId?: string;
  listen?: number;
  sessionHours?: number;
  stream?: string;
  subject?: string;
  brokers?: string[];
  mechanism?: Kafka["mechanism"];
  origin?: Kafka["start"];
  // s3
  endpoint?: string;
  region?: string;
  bucket?: string;
  prefix?: string;
  addressing?: "path" | "host";
  accessKey?: string;
  // pages
  start?: string[];
  sitemap?: string;
  within?: string;
  pathPattern?: string;
  depth?: number;
  pagesMax?: number;
  delay?: number;
  agent?: string;
  contact?: string;
  licence?: string;
  refreshDays?: number;
}

export const EMPTY: Partial<Draft> = {
  kind: "folder",
  mapping: "auto",
  every: "never",
  minutes: 60,
  at: "02:30",
  enabled: true,
  pattern: "*",
  authentication: "none",
  paging: "none",
  pagingFirst: 1,
  pause: 0,
  schema: "public",
  tls: "on",
  make: true,
  snapshot: true,
  encryption: "checked",
  listen: 20,
  sessionHours: 168,
  mechanism: "scram_sha_512",
  origin: "earliest",
  region: "us-east-1",
  addressing: "path",
  within: "/",
  pathPattern: "*",
  depth: 1,
  pagesMax: 200,
  delay: 1000,
  refreshDays: 7,
};

const filled = (value: string | undefined) => {
  const trimmed = value?.trim() ?? "";
  return trimmed === "" ? undefined : trimmed;
};

/** Parameters of every call, seconds to settle and the size of a spool are not in the form: what is there is kept. */
function settingsOf(draft: Draft, before: SourceSettings | undefined): SourceSettings {
  switch (draft.kind) {
    case "folder":
      return { kind: "folder", path: draft.path?.trim() ?? "", pattern: filled(draft.pattern) ?? "*", settle_s: before?.kind === "folder" ? before.settle_s : 10 };
    case "http":
      return {
        kind: "http",
        url: draft.url?.trim() ?? "",
        query: before?.kind === "http" ? before.query : {},
        records: draft.records?.trim() ?? "",
        authentication: authenticationOf(draft),
        paging: pagingOf(draft),
        incremental: filled(draft.field) ? { field: filled(draft.field) ?? "", parameter: filled(draft.fieldParameter) ?? null } : null,
        pause_ms: draft.pause ?? 0,
      };
    case "postgres":
      return { kind: "postgres", ...placeOf(draft), schema: filled(draft.schema) ?? "public", ...growingOf(draft, before) };
    case "postgres_changes":
      return {
        kind: "postgres_changes",
        ...placeOf(draft),
        schema: filled(draft.schema) ?? "public",
        slot: draft.slot?.trim() ?? "",
        publication: draft.publication?.trim() ?? "",
        create: draft.make ?? false,
        snapshot: draft.snapshot ?? true,
      };
    case "mysql":
      return { kind: "mysql", ...placeOf(draft), ...growingOf(draft, before) };
    case "mqtt":
      return {
        kind: "mqtt",
        ...serverOf(draft),
        topic: draft.topic?.trim() ?? "",
        client_id: filled(draft.clientId) ?? null,
        listen_s: draft.listen ?? 20,
        session_s: Math.round((draft.sessionHours ?? 168) * 3600),
        spool_mib: before?.kind === "mqtt" ? before.spool_mib : 1024,
      };
    case "nats":
      return { kind: "nats", ...serverOf(draft), stream: draft.stream?.trim() ?? "", subject: filled(draft.subject) ?? null };
    case "kafka":
      return {
        kind: "kafka",
        brokers: draft.brokers ?? [],
        ...accessOf(draft),
        mechanism: draft.mechanism ?? "scram_sha_512",
        topic: draft.topic?.trim() ?? "",
        start: draft.origin ?? "earliest",
      };
    case "s3":
      return {
        kind: "s3",
        endpoint: draft.endpoint?.trim() ?? "",
        region: filled(draft.region) ?? "us-east-1",
        bucket: draft.bucket?.trim() ?? "",
        prefix: draft.prefix?.trim() ?? "",
        pattern: filled(draft.pattern) ?? "*",
        addressing: draft.addressing ?? "path",
        access_key: filled(draft.accessKey) ?? null,
      };
    case "pages":
      return {
        kind: "pages",
        start: draft.start ?? [],
        sitemap: filled(draft.sitemap) ?? null,
        within: filled(draft.within) ?? "/",
        pattern: filled(draft.pathPattern) ?? "*",
        depth: draft.depth ?? 1,
        pages_max: draft.pagesMax ?? 200,
        delay_ms: draft.delay ?? 1000,
        agent: draft.agent?.trim() ?? "",
        contact: draft.contact?.trim() ?? "",
        licence: draft.licence?.trim() ?? "",
        refresh_days: draft.refreshDays ?? 7,
      };
  }
}

/** Where a database and its table are. */
function placeOf(draft: Draft) {
  const tls = draft.tls ?? "on";
  return {
    host: draft.host?.trim() ?? "",
    port: draft.port ?? PORTS[draft.kind] ?? 0,
    database: draft.database?.trim() ?? "",
    user: draft.user?.trim() ?? "",
    tls,
    authority: tls === "verify" ? (filled(draft.authority) ?? null) : null,
    table: draft.table?.trim() ?? "",
  };
}

/** How a table tells what is new. */
function growingOf(draft: Draft, before: SourceSettings | undefined) {
  const kept = before && "settle_s" in before && before.kind !== "folder" && filled(draft.cursor) ? before.settle_s : 0;
  return { cursor: filled(draft.cursor) ?? null, key: draft.key ?? [], settle_s: kept };
}

type Http = Extract<SourceSettings, { kind: "http" }>;
type Mqtt = Extract<SourceSettings, { kind: "mqtt" }>;
type Kafka = Extract<SourceSettings, { kind: "kafka" }>;

const serverOf = (draft: Draft) => ({
  host: draft.host?.trim() ?? "",
  port: draft.port ?? portOf(draft.kind) ?? 0,
  ...accessOf(draft),
});

const accessOf = (draft: Draft) => ({
  user: filled(draft.user) ?? null,
  tls: draft.encryption ?? ("checked" as const),
});

function authenticationOf(draft: Draft): Http["authentication"] {
  switch (draft.authentication) {
    case "bearer":
      return { by: "bearer" };
    case "basic":
      return { by: "basic", user: draft.authenticationName?.trim() ?? "" };
    case "header":
      return { by: "header", name: draft.authenticationName?.trim() ?? "" };
    default:
      return null;
  }
}

function pagingOf(draft: Draft): Http["paging"] {
  const parameter = draft.pagingParameter?.trim() ?? "";
  switch (draft.paging) {
    case "page":
      return { by: "page", parameter, first: draft.pagingFirst ?? 1 };
    case "offset":
      return { by: "offset", parameter };
    case "cursor":
      return { by: "cursor", parameter, next: draft.pagingNext?.trim() ?? "" };
    case "link":
      return { by: "link" };
    default:
      return { by: "none" };
  }
}

function scheduleOf(draft: Draft): Schedule {
  if (draft.every === "minutes") return { every: "minutes", minutes: draft.minutes ?? 60 };
  if (draft.every === "day") return { every: "day", at: draft.at?.trim() ?? "" };
  return { every: "never" };
}

export function bodyOf(draft: Draft, present: Connector | null): NewConnector {
  return {
    name: draft.name.trim(),
    settings: settingsOf(draft, present?.settings),
    secret: draft.secret ? draft.secret : null,
    mapping: draft.mapping.trim(),
    dataset: draft.mapping.trim() === "auto" ? (filled(draft.dataset) ?? null) : null,
    schedule: scheduleOf(draft),
    enabled: draft.enabled,
  };
}

export function draftOf(connector: Connector): Partial<Draft> {
  const { settings, schedule } = connector;
  const common: Partial<Draft> = {
    ...EMPTY,
    name: connector.name,
    kind: settings.kind,
    mapping: connector.mapping,
    dataset: connector.dataset ?? undefined,
    enabled: connector.enabled,
    every: schedule.every,
    ...(schedule.every === "minutes" ? { minutes: schedule.minutes } : {}),
    ...(schedule.every === "day" ? { at: schedule.at } : {}),
  };
  switch (settings.kind) {
    case "folder":
      return { ...common, path: settings.path, pattern: settings.pattern };
    case "http": {
      const { authentication, paging, incremental } = settings;
      return {
        ...common,
        url: settings.url,
        records: settings.records,
        authentication: authentication?.by ?? "none",
        authenticationName: authentication?.by === "basic" ? authentication.user : authentication?.by === "header" ? authentication.name : undefined,
        paging: paging?.by ?? "none",
        pagingParameter: paging && "parameter" in paging ? paging.parameter : undefined,
        pagingFirst: paging?.by === "page" ? paging.first : 1,
        pagingNext: paging?.by === "cursor" ? paging.next : undefined,
        field: incremental?.field,
        fieldParameter: incremental?.parameter ?? undefined,
        pause: settings.pause_ms,
      };
    }
    case "postgres":
      return { ...common, ...placed(settings), schema: settings.schema, cursor: settings.cursor ?? undefined, key: settings.key };
    case "postgres_changes":
      return {
        ...common,
        ...placed(settings),
        schema: settings.schema,
        slot: settings.slot,
        publication: settings.publication,
        make: settings.create,
        snapshot: settings.snapshot,
      };
    case "mysql":
      return { ...common, ...placed(settings), cursor: settings.cursor ?? undefined, key: settings.key };
    case "mqtt":
      return {
        ...common,
        host: settings.host,
        port: settings.port,
        user: settings.user ?? undefined,
        encryption: settings.tls,
        topic: settings.topic,
        clientId: settings.client_id ?? undefined,
        listen: settings.listen_s,
        sessionHours: settings.session_s === undefined ? 168 : settings.session_s / 3600,
      };
    case "nats":
      return {
        ...common,
        host: settings.host,
        port: settings.port,
        user: settings.user ?? undefined,
        encryption: settings.tls,
        stream: settings.stream,
        subject: settings.subject ?? undefined,
      };
    case "kafka":
      return {
        ...common,
        brokers: settings.brokers,
        user: settings.user ?? undefined,
        encryption: settings.tls,
        mechanism: settings.mechanism,
        topic: settings.topic,
        origin: settings.start,
      };
    case "s3":
      return {
        ...common,
        endpoint: settings.endpoint,
        region: settings.region,
        bucket: settings.bucket,
        prefix: settings.prefix,
        pattern: settings.pattern,
        addressing: settings.addressing,
        accessKey: settings.access_key ?? undefined,
      };
    case "pages":
      return {
        ...common,
        start: settings.start,
        sitemap: settings.sitemap ?? undefined,
        within: settings.within,
        pathPattern: settings.pattern,
        depth: settings.depth,
        pagesMax: settings.pages_max,
        delay: settings.delay_ms,
        agent: settings.agent,
        contact: settings.contact,
        licence: settings.licence,
        refreshDays: settings.refresh_days,
      };
  }
}

type Database = Extract<SourceSettings, { kind: "postgres" | "postgres_changes" | "mysql" }>;

function placed(settings: Database): Partial<Draft> {
  const { host, port, database, user, tls, table } = settings;
  return { host, port, database, user, tls, table, authority: settings.authority ?? undefined };
}
