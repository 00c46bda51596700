//! Files of every format, made here.

use std::io::{Cursor, Write as _};
use std::path::Path;
use zip::write::{SimpleFileOptions, ZipWriter};

/// Numbers that look drawn, the same each time.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }

    pub(crate) fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.roll(from.len())]
    }
}

const WORDS: &str = "产业 数据 企业 政府 平台 安全 标准 质量 信息 管理 服务 技术 项目 合同 订单 设备 能源 资金 人才 科技 创新 研发 \
    生产 销售 采购 物流 仓储 检测 认证 评估 监督 审核 登记 备案 公示 申请 审批 补贴 税收 金融 投资 贷款 保险 风险 预警 应急 环境 节能 减排 \
    绿色 材料 零件 电池 芯片 软件 硬件 网络 通信 机器 汽车 船舶 航空 医药 食品 纺织 化工 钢铁 水泥 玻璃 陶瓷 农业 林业 渔业 旅游 教育 文化 \
    体育 卫生 交通 建筑 房屋 土地 规划 设计 施工 验收 运行 维护 升级 改造 合作 交流 培训 宣传 统计 分析 预测 模型 算法 指标 报告 目录 清单";
const BETWEEN: [&str; 8] = ["的", "和", "对", "在", "与", "为", "以及", "应当"];

/// A text of so many sentences in Chinese; other dice, another text, and no run of words twice but by chance.
pub(crate) fn chinese(dice: &mut Dice, sentences: usize) -> String {
    let words: Vec<&str> = WORDS.split_whitespace().collect();
    let mut text = String::new();
    for at in 0..sentences {
        for word in 0..8 + dice.roll(6) {
            text.push_str(dice.pick(&words));
            if word % 3 == 1 {
                text.push_str(dice.pick(&BETWEEN));
            }
        }
        text.push('。');
        if at % 4 == 3 {
            text.push_str("\n\n");
        }
    }
    text
}

/// Good English prose of our own.
pub(crate) const ENGLISH: &str = "The industry brain gathers the data of a chain and answers to the firms in it. Each set of data is \
    graded before it is used, and the act of using it leaves a record that can be checked by everybody. Firms publish what \
    they need and find partners on the platform.\n\nBefore data enters the platform it is checked against rules; rows that \
    fail are set aside for a person to look at, with the reason beside them. The rules are kept with the data, so that a \
    number can be followed back to the file from which it came.";

pub(crate) fn write(folder: &Path, name: &str, bytes: impl AsRef<[u8]>) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

/// A Word document of these paragraphs.
pub(crate) fn docx(text: &str) -> Vec<u8> {
    let paragraphs: String =
        text.split("\n\n").map(|paragraph| format!("<w:p><w:r><w:t>{paragraph}</w:t></w:r></w:p>")).collect();
    let body = format!("<w:document xmlns:w=\"w\"><w:body>{paragraphs}</w:body></w:document>");
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.start_file("word/document.xml", SimpleFileOptions::default()).unwrap();
    writer.write_all(body.as_bytes()).unwrap();
    writer.finish().unwrap().into_inner()
}

/// A page around this text.
pub(crate) fn html(title: &str, text: &str) -> String {
    let paragraphs: String = text.split("\n\n").map(|paragraph| format!("<p>{paragraph}</p>")).collect();
    format!(
        "<html><head><title>{title}</title></head><body><nav><a href=/>首页</a></nav><article><h1>{title}</h1>{paragraphs}\
         </article><footer>版权所有</footer></body></html>"
    )
}
