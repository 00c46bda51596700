// What leaves evidence. The words are in `evidence.kindOf`, under the kind with `_` for each dot.

export const KINDS = [
  "session.open", "session.close", "session.refused", "account.password", "account.create", "account.disable",
  "grant.issue", "grant.revoke", "request.submit", "request.approve", "request.reject", "request.revoke", "policy.propose",
  "policy.change", "ingest.finish", "ingest.fail", "ingest.cancel", "map.import", "map.remove", "component.run",
  "quality.check", "quality.rules", "quality.baseline", "quality.ticket_open", "quality.ticket_fail_again",
  "quality.ticket_pass", "quality.ticket_acknowledge", "quality.ticket_note", "quality.ticket_resolve",
  "quality.ticket_reopen", "sql.export", "key.create", "evidence.alarm", "evidence.erase", "evidence.accept_break",
  "node.measured", "node.changed", "peer.accepted", "peer.refused", "backup.create", "backup.fail", "backup.drill",
  "mirror.late", "mirror.resumed", "mirror.take_over",
  "retention.propose", "data.delete", "account.approve", "account.enable", "account.lock", "account.unlock",
  "account.organisation", "account.region", "account.password_reset", "api_key.create", "api_key.revoke", "api_key.rotate",
  "audit.batch", "audit.expire", "audit.export", "audit.read", "backup.prune", "backup.restore", "certificate.authority",
  "certificate.issue", "certificate.revoke", "data.erase", "evidence.export", "evidence.read", "federation.agree",
  "federation.approve", "federation.client.register", "federation.client.secret", "federation.client.state",
  "federation.key", "federation.link", "federation.refused", "federation.revoke", "federation.sign_in", "federation.stolen",
  "federation.unlink", "federation.withdraw", "grading.alarm", "grading.approve", "grading.confirm", "grading.degrade",
  "grading.file", "grading.propose", "grading.reject", "incident.assign", "incident.close", "incident.contain",
  "incident.dismiss", "incident.drill", "incident.duty", "incident.hit", "incident.note", "incident.open",
  "incident.reopen", "incident.report", "incident.severity", "key.data.create", "key.data.rewrap", "key.kek.rotate",
  "lineage.received", "lineage.told", "model.held_back", "model.run", "node.changed_back", "node.register", "organisation.put",
  "policy.refuse", "request.delegate", "request.undelegate", "request.end", "request.expire", "request.fill",
  "request.withdraw", "retention.reject", "second_factor.add", "second_factor.remove", "second_factor.rename",
  "connector.change", "connector.create", "connector.remove", "connector.run", "exchange.subscribe", "exchange.request", "exchange.state", "exchange.deliver", "exchange.begin", "exchange.verify", "exchange.receipt", "exchange.publish", "exchange.delivered", "exchange.refuse", "exchange.late", "exchange.caught_up", "second_factor.reset", "second_factor.codes", "second_factor.copied", "secret.seal", "secret.reseal", "session.end",
  "session.step_up", "session.stolen", "term.change", "term.create", "term.remove",
  "standard.list", "standard.mapping", "standard.element", "standard.bind", "standard.unbind", "product.register",
  "product.describe", "product.merge", "product.split", "corpus.define", "corpus.change", "corpus.file", "corpus.file_remove", "corpus.run", "corpus.export",
  "match.set", "match.run", "match.decision", "match.clusters",
  "data_product.create", "data_product.change", "data_product.publish", "data_product.deprecate",
  "data_product.withdraw", "data_product.export", "data_product.subscribe", "data_product.unsubscribe", "data_product.receipt",
] as const;

/** Kinds that look like an attack, or leave the node; their words are in `alarm`. */
export const ALARMS = [
  "limit.exceeded", "session.guessing", "session.storm", "upload.infected", "upload.unscanned", "egress.open", "egress.refused",
] as const;

type WordOf<K extends string> = K extends `${infer Head}.${infer Tail}` ? `${Head}_${WordOf<Tail>}` : K;

/** The key of a kind's word. */
export function wordOf<K extends string>(kind: K): WordOf<K> {
  return kind.replaceAll(".", "_") as WordOf<K>;
}
