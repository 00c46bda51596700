// Identities elsewhere: link, unlink; and the nodes a person agreed to tell.
import { useMutation } from "@tanstack/react-query";
import { Button, Popconfirm } from "antd";
import { api } from "../../sdk/api";
import { DataTable } from "../../sdk/DataTable";
import { date } from "../../sdk/format";
import { text, useT } from "../../sdk/i18n";
import { Card } from "../../sdk/Page";
import { client, useAsk } from "../../sdk/query";
import { Answer, Empty, FailureView } from "../../sdk/States";
import type { ConsentCard, LinkCard, ProviderCard } from "../../sdk/types";
import { useStepUp } from "./StepUp";

const LINKS_KEY = ["links"];
const CONSENTS_KEY = ["consents"];

interface Row {
  provider: ProviderCard;
  link: LinkCard | undefined;
}

export function Links() {
  const t = useT();
  const { guarded, dialog } = useStepUp();
  const providers = useAsk(["providers"], api.providers);
  const links = useAsk(LINKS_KEY, api.links);
  const begin = useMutation({
    mutationFn: (provider: string) => guarded(() => api.beginLink(provider)),
    onSuccess: ({ redirect }) => window.location.assign(redirect),
  });
  const end = useMutation({
    mutationFn: (id: string) => guarded(() => api.endLink(id)),
    onSuccess: () => client.invalidateQueries({ queryKey: LINKS_KEY }),
  });
  // A node without providers has nothing to link.
  if (providers.data?.length === 0) return null;
  const error = begin.error ?? end.error;
  const state = ({ link }: Row) =>
    !link ? t("federation.notLinked") : !link.approved ? t("federation.waiting") : link.made_account ? t("federation.managed") : t("federation.linked");
  return (
    <Card title={t("federation.linksTitle")}>
      {dialog}
      {error ? <FailureView error={error} /> : null}
      <p>{t("federation.linksAbout")}</p>
      <Answer query={providers}>
        {(offered) => (
          <Answer query={links}>
            {(own) => (
              <DataTable<Row>
                label={t("federation.linksTitle")}
                file="links"
                rows={offered.map((provider) => ({ provider, link: own.find((l) => l.provider === provider.id) }))}
                rowKey={(row) => row.provider.id}
                columns={[
                  { key: "name", title: t("federation.linksTitle"), head: true, value: (row) => text(row.provider.title) },
                  { key: "state", title: t("common.state"), value: state },
                  { key: "used", title: t("passkeys.used"), value: (row) => (row.link?.last_used_at ? date(row.link.last_used_at) : t("passkeys.never")) },
                  {
                    key: "actions",
                    title: t("common.actions"),
                    sortable: false,
                    value: () => null,
                    render: ({ provider, link }) =>
                      !link ? (
                        <Button size="small" loading={begin.isPending} onClick={() => begin.mutate(provider.id)}>{t("federation.link")}</Button>
                      ) : link.made_account ? null : (
                        <Popconfirm title={t("federation.unlinkAsk")} onConfirm={() => end.mutate(link.id)} okText={t("federation.unlink")} cancelText={t("common.cancel")}>
                          <Button size="small" danger>{t("federation.unlink")}</Button>
                        </Popconfirm>
                      ),
                  },
                ]}
              />
            )}
          </Answer>
        )}
      </Answer>
    </Card>
  );
}

const SCOPES = ["openid", "profile", "brain", "offline_access"] as const;

export function Consents() {
  const t = useT();
  const consents = useAsk(CONSENTS_KEY, api.consents);
  const withdraw = useMutation({
    mutationFn: api.withdrawConsent,
    onSuccess: () => client.invalidateQueries({ queryKey: CONSENTS_KEY }),
  });
  const words = (consent: ConsentCard) => SCOPES.filter((scope) => consent.scopes.includes(scope)).map((scope) => t(`federation.scope.${scope}`)).join(" · ");
  return (
    <Card title={t("federation.consentsTitle")}>
      {withdraw.error ? <FailureView error={withdraw.error} /> : null}
      <p>{t("federation.consentsAbout")}</p>
      <Answer query={consents}>
        {(rows) => (
          <DataTable<ConsentCard>
            label={t("federation.consentsTitle")}
            file="consents"
            rows={rows}
            rowKey={(c) => c.id}
            empty={<Empty title={t("federation.consentsNone")} />}
            columns={[
              { key: "name", title: t("clients.name"), head: true, value: (c) => c.client_name },
              { key: "told", title: t("federation.told"), value: words },
              { key: "uses", title: t("federation.uses"), kind: "count", value: (c) => c.uses },
              { key: "given", title: t("federation.given"), value: (c) => date(c.given_at) },
              {
                key: "actions",
                title: t("common.actions"),
                sortable: false,
                value: () => null,
                render: (c) => (
                  <Popconfirm title={t("federation.withdrawAsk")} onConfirm={() => withdraw.mutate(c.id)} okText={t("federation.withdraw")} cancelText={t("common.cancel")}>
                    <Button size="small" danger>{t("federation.withdraw")}</Button>
                  </Popconfirm>
                ),
              },
            ]}
          />
        )}
      </Answer>
    </Card>
  );
}
