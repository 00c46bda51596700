-- model: subject.product_link
-- title: 产品上下游 | Product links
-- description: 谁由谁制成（input），谁是谁的一种（kind_of）；每条带来源、日期、置信度。 | What is made from what (input) and what is a kind of what (kind_of), each with source, date and confidence.
-- owner: 产业大脑运营方
-- side: public
-- grade: general1
-- source: curated; ChainKnowledgeGraph 2021-10-26; ICKG-25
-- licence: per row
-- keys: from_product, to_product, relation
-- inputs: subject.product
-- optional: raw.curated_product_link (upstream text, downstream text, relation text, essential boolean, confidence double, observed date, source text)
-- optional: raw.chain_kg_product_product (from_entity text, to_entity text, rel text)
-- optional: raw.ickg25 (date date, head text, relation text, tail text)
-- column: from_product | 上游或上位产品 | Upstream or general product
-- column: to_product | 下游或下位产品 | Downstream or specific product
-- column: relation | 关系 | Relation
-- column: essential | 是否关键 | Essential
-- column: confidence | 置信度 | Confidence
-- column: source | 来源 | Source
-- column: observed_on | 观察日期 | Observed on
WITH alias AS (
  SELECT alias, min(product_id) AS product_id
  FROM (SELECT product_id, unnest(string_to_array(aliases, '|')) AS alias FROM subject.product WHERE aliases IS NOT NULL)
  GROUP BY alias
),
-- Every name a link may use, and the product it means.
meaning AS (
  SELECT product_id AS name, product_id, is_food FROM subject.product
  UNION ALL
  SELECT a.alias AS name, a.product_id, p.is_food
  FROM alias a JOIN subject.product p ON p.product_id = a.product_id
  LEFT ANTI JOIN subject.product taken ON taken.product_id = a.alias
),
link AS (
  -- The curated file writes the specific kind first; a link here points from the general product to its kind.
  SELECT CASE relation WHEN 'kind_of' THEN downstream ELSE upstream END AS from_name,
    CASE relation WHEN 'kind_of' THEN upstream ELSE downstream END AS to_name, relation, coalesce(essential, false) AS essential,
    coalesce(confidence, 0.9) AS confidence, source, observed AS observed_on, 1 AS rank
  FROM raw.curated_product_link
  UNION ALL
  -- 上游材料: from is made of to. 产品小类: to is a kind of from. 下游产品: to is made from from.
  SELECT
    CASE rel WHEN '上游材料' THEN trim(to_entity) ELSE trim(from_entity) END AS from_name,
    CASE rel WHEN '上游材料' THEN trim(from_entity) ELSE trim(to_entity) END AS to_name,
    CASE rel WHEN '产品小类' THEN 'kind_of' ELSE 'input' END AS relation,
    false AS essential,
    CASE rel WHEN '下游产品' THEN 0.9 WHEN '产品小类' THEN 0.7 ELSE 0.6 END AS confidence,
    'ChainKnowledgeGraph 2021-10' AS source,
    DATE '2021-10-26' AS observed_on,
    2 AS rank
  FROM raw.chain_kg_product_product
  UNION ALL
  -- News speak of industries; a link is taken where both, without the word for industry, are known products.
  SELECT regexp_replace(head, '(开采|制造)?(行业|产业|业)$', '') AS from_name,
    regexp_replace(tail, '(开采|制造)?(行业|产业|业)$', '') AS to_name,
    'input' AS relation, false AS essential, 0.6 AS confidence, 'ICKG-25' AS source, date AS observed_on, 3 AS rank
  FROM raw.ickg25
  WHERE relation = '上游于'
),
resolved AS (
  SELECT f.product_id AS from_product, t.product_id AS to_product, l.relation, l.essential,
    -- A dish is no node of an industrial chain; its recipe stays, but weakly.
    CASE WHEN t.is_food AND l.rank = 2 THEN l.confidence / 2 ELSE l.confidence END AS confidence,
    l.source, l.observed_on, l.rank
  FROM link l
  JOIN meaning f ON f.name = l.from_name
  JOIN meaning t ON t.name = l.to_name
  WHERE f.product_id <> t.product_id
),
placed AS (
  SELECT *, row_number() OVER (
    PARTITION BY from_product, to_product, relation ORDER BY rank, confidence DESC, observed_on DESC NULLS LAST
  ) AS place
  FROM resolved
)
SELECT from_product, to_product, relation, essential, confidence, source, observed_on
FROM placed
WHERE place = 1
ORDER BY to_product, from_product, relation
