-- model: subject.{{industry}}_chain
-- title: {{title}}：产业链关系 | {{title}}: chain links
-- description: 产品之间的上下游关系。 | Which product is made of which.
-- owner: 产业大脑运营方
-- side: industry
-- grade: general1
-- source: raw.{{industry}}_chain
-- licence: 按数据提供协议
-- keys: from_product, to_product, relation
-- inputs: raw.{{industry}}_chain
-- tags: {{industry}}, graph
-- test: unique(from_product, to_product, relation)
-- test: expression(from_product <> to_product AND confidence BETWEEN 0 AND 1)
-- column: from_product | 上游产品 | Upstream product
-- column: to_product | 下游产品 | Downstream product
-- column: relation | 关系 | Relation
-- column: essential | 是否关键 | Whether it is essential
-- column: confidence | 置信度 | Confidence
-- column: observed_on | 观察日期 | Observed on
-- column: source | 来源 | Source
-- The latest report of each key: files are added, and a later one corrects an earlier one.
WITH latest AS (
  SELECT * FROM (
    SELECT r.*, row_number() OVER (
      PARTITION BY trim(upstream), trim(downstream), coalesce(relation, 'input') ORDER BY _run DESC, _file DESC, _line DESC
    ) AS place
    FROM raw.{{industry}}_chain r
  ) WHERE place = 1
)
SELECT
  trim(l.upstream) AS from_product, trim(l.downstream) AS to_product, coalesce(l.relation, 'input') AS relation,
  coalesce(l.essential, false) AS essential, l.confidence, l.observed_on, l.source
FROM latest l
WHERE trim(l.upstream) <> trim(l.downstream)
