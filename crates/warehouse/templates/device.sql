-- model: subject.{{industry}}_device
-- title: {{title}}：设备 | {{title}}: devices
-- description: 企业设备台账，每台一行。 | Register of machines, one row each.
-- owner: 产业大脑运营方
-- side: enterprise
-- grade: general3
-- restricted_by: enterprise_id
-- source: raw.{{industry}}_device
-- licence: 按数据提供协议
-- keys: device_id
-- inputs: raw.{{industry}}_device
-- tags: {{industry}}, restricted
-- test: unique(device_id)
-- test: not_null(enterprise_id, name)
-- test: accepted_values(status, 'running', 'idle', 'repair', 'retired')
-- column: device_id | 设备标识 | Device id
-- column: enterprise_id | 企业标识 | Enterprise id
-- column: name | 名称 | Name
-- column: kind | 类别 | Kind
-- column: model | 型号 | Model
-- column: maker | 制造商 | Maker
-- column: installed_on | 投用日期 | In use since
-- column: status | 状态 | Status
-- column: networked | 是否联网 | Whether it is connected
-- The latest report of each key: files are added, and a later one corrects an earlier one.
WITH latest AS (
  SELECT * FROM (
    SELECT r.*, row_number() OVER (
      PARTITION BY uscc, device_no ORDER BY _run DESC, _file DESC, _line DESC
    ) AS place
    FROM raw.{{industry}}_device r
  ) WHERE place = 1
)
SELECT
  l.uscc || '/' || l.device_no AS device_id, l.uscc AS enterprise_id, trim(l.name) AS name, l.kind, l.model, l.maker,
  l.installed_on, l.status, coalesce(l.networked, false) AS networked
FROM latest l
