// The form's flat fields, and what the node takes.
import type { Connector, NewConnector, Schedule, SourceSettings } from "../../sdk/types";

export type Kind = SourceSettings["kind"];
export const KINDS: Kind[] = ["folder", "http", "postgres", "s3", "pages"];

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
  // postgres
  host?: string;
  port?: number;
  database?: string;
  user?: string;
  encrypted?: boolean;
  schema?: string;
  table?: string;
  cursor?: string;
  key?: string[];
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
  port: 5432,
  schema: "public",
  encrypted: true,
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

/** Parameters of every call and seconds to settle are not in the form: what is there is kept. */
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
      return {
        kind: "postgres",
        host: draft.host?.trim() ?? "",
        port: draft.port ?? 5432,
        database: draft.database?.trim() ?? "",
        user: draft.user?.trim() ?? "",
        tls: draft.encrypted === false ? "off" : "on",
        schema: filled(draft.schema) ?? "public",
        table: draft.table?.trim() ?? "",
        cursor: filled(draft.cursor) ?? null,
        key: draft.key ?? [],
        settle_s: before?.kind === "postgres" && filled(draft.cursor) ? before.settle_s : 0,
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

type Http = Extract<SourceSettings, { kind: "http" }>;

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
      return {
        ...common,
        host: settings.host,
        port: settings.port,
        database: settings.database,
        user: settings.user,
        encrypted: settings.tls !== "off",
        schema: settings.schema,
        table: settings.table,
        cursor: settings.cursor ?? undefined,
        key: settings.key,
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
