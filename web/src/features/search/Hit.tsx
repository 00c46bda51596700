// One thing that was found: what it is, why it was found, and the way to its page.
import { useRouter } from "@tanstack/react-router";
import { Button } from "antd";
import { useState, type MouseEvent, type ReactNode } from "react";
import { api } from "../../sdk/api";
import { DASH } from "../../sdk/format";
import { placeOf } from "../../sdk/found";
import { useLanguage, useT } from "../../sdk/i18n";
import { Badge } from "../../sdk/Page";
import { useAsk } from "../../sdk/query";
import { FailureView } from "../../sdk/States";
import type { FoundThing, Marked } from "../../sdk/types";
import { RequestForm } from "../requests/RequestAccess";
import { useGradeName, useZoneName } from "../data/Catalogue";

export function Hit({ found }: { found: FoundThing }) {
  const t = useT();
  const zoneName = useZoneName();
  const gradeName = useGradeName();
  const dataset = found.kind === "dataset" ? found.id : found.kind === "column" ? found.parent : null;
  return (
    <li className="hit">
      <div className="hit-head">
        <span className="search-kind">{t(`find.kindOf.${found.kind}`)}</span>
        <Open to={placeOf(found)}><Pieces marked={found.title_marked} fallback={found.id} /></Open>
        <span className="mono muted wrap">{found.id}</span>
      </div>
      <p className="hit-text"><Pieces marked={found.excerpt} /></p>
      <div className="hit-foot muted">
        {found.zone ? <span>{zoneName(found.zone)}</span> : null}
        {found.grade ? <span>{gradeName(found.grade)}</span> : null}
        {found.owner ? <span>{found.owner}</span> : null}
        {found.changed_on ? <span>{t("find.changed", { day: found.changed_on })}</span> : null}
        {dataset && found.readable === false ? (
          <>
            <Badge>{t("find.notReadable")}</Badge>
            <AskFor name={dataset} />
          </>
        ) : null}
      </div>
    </li>
  );
}

/** A link within the portal whose address is known as a whole; with a modifier key the browser opens it as it would. */
function Open({ to, children }: { to: string; children: ReactNode }) {
  const router = useRouter();
  const follow = (event: MouseEvent<HTMLAnchorElement>) => {
    if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    router.history.push(to);
  };
  return <a href={to} onClick={follow}>{children}</a>;
}

/** A text in the language on screen, what matched marked; nothing shows as a dash. */
export function Pieces({ marked, fallback = DASH }: { marked: Marked; fallback?: string }) {
  const english = useLanguage() === "en";
  const pieces = english && marked.en.length > 0 ? marked.en : marked.zh.length > 0 ? marked.zh : marked.en;
  if (pieces.length === 0) return fallback;
  return pieces.map((piece, at) => (piece.hit ? <mark key={at}>{piece.text}</mark> : <span key={at}>{piece.text}</span>));
}

/** Ask for a dataset without leaving the results; what the form needs to know is asked when it opens. */
function AskFor({ name }: { name: string }) {
  const t = useT();
  const [open, setOpen] = useState(false);
  const detail = useAsk(["dataset", name], () => api.dataset(name), { enabled: open });
  return (
    <>
      <Button size="small" loading={open && detail.isPending} onClick={() => setOpen(true)} data-testid="request-access">
        {t("requests.ask")}
      </Button>
      {open && detail.isError ? <FailureView error={detail.error} /> : null}
      {open && detail.data ? <RequestForm detail={detail.data} onClose={() => setOpen(false)} /> : null}
    </>
  );
}
