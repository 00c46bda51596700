//! Plans as bytes: nodes of ours beside those of the engine and of Ballista.

use crate::compact::Compact;
use ballista_core::registry::BallistaFunctionRegistry;
use ballista_core::serde::BallistaPhysicalExtensionCodec;
use brain_warehouse::distributed::{decode_node, encode_node};
use datafusion::common::{Result, internal_err, not_impl_err};
use datafusion::execution::TaskContext;
use datafusion::logical_expr::{AggregateUDF, HigherOrderUDF, ScalarUDF, WindowUDF};
use datafusion::physical_plan::ExecutionPlan;
use datafusion_proto::physical_plan::{
    AsExecutionPlan as _, PhysicalExtensionCodec, PhysicalProtoConverterExtension,
};
use datafusion_proto::protobuf::physical_plan_node::PhysicalPlanType;
use datafusion_proto::protobuf::{PhysicalExtensionNode, PhysicalPlanNode};
use prost::Message as _;
use std::sync::Arc;

/// What compacting is on the wire; like the warehouse's nodes it begins as no message of Protocol Buffers does.
const COMPACT: &[u8] = b"\0brain/compact";

/// Operators that Ballista may put above those of a plan.
const OPERATORS_ON_TOP: usize = 3;

/// For scheduler and executors. Functions travel by name.
#[derive(Debug, Default)]
pub(crate) struct Codec(BallistaPhysicalExtensionCodec);

impl PhysicalExtensionCodec for Codec {
    fn try_decode(
        &self,
        bytes: &[u8],
        inputs: &[Arc<dyn ExecutionPlan>],
        context: &TaskContext,
        converter: &dyn PhysicalProtoConverterExtension,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        if bytes == COMPACT {
            return match inputs {
                [input] => Ok(Arc::new(Compact::new(Arc::clone(input)))),
                _ => internal_err!("compacting has one input, not {}", inputs.len()),
            };
        }
        match decode_node(bytes, inputs) {
            Some(node) => node,
            None => self.0.try_decode(bytes, inputs, context, converter),
        }
    }

    fn try_encode(
        &self,
        node: Arc<dyn ExecutionPlan>,
        bytes: &mut Vec<u8>,
        converter: &dyn PhysicalProtoConverterExtension,
    ) -> Result<()> {
        if node.is::<Compact>() {
            bytes.extend_from_slice(COMPACT);
            return Ok(());
        }
        match encode_node(node.as_ref()) {
            Some(own) => {
                bytes.extend(own);
                Ok(())
            }
            None => self.0.try_encode(node, bytes, converter),
        }
    }
}

/// For the node: refuses every function that the others do not know.
#[derive(Debug)]
struct Outgoing {
    codec: Codec,
    known: Arc<BallistaFunctionRegistry>,
}

impl Outgoing {
    fn admit(known: bool, name: &str) -> Result<()> {
        if known { Ok(()) } else { not_impl_err!("the function {name} is this node's own") }
    }
}

impl PhysicalExtensionCodec for Outgoing {
    fn try_decode(
        &self,
        bytes: &[u8],
        inputs: &[Arc<dyn ExecutionPlan>],
        context: &TaskContext,
        converter: &dyn PhysicalProtoConverterExtension,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        self.codec.try_decode(bytes, inputs, context, converter)
    }

    fn try_encode(
        &self,
        node: Arc<dyn ExecutionPlan>,
        bytes: &mut Vec<u8>,
        converter: &dyn PhysicalProtoConverterExtension,
    ) -> Result<()> {
        self.codec.try_encode(node, bytes, converter)
    }

    fn try_encode_udf(&self, node: &ScalarUDF, _: &mut Vec<u8>) -> Result<()> {
        Self::admit(self.known.scalar_functions.contains_key(node.name()), node.name())
    }

    fn try_encode_udaf(&self, node: &AggregateUDF, _: &mut Vec<u8>) -> Result<()> {
        Self::admit(self.known.aggregate_functions.contains_key(node.name()), node.name())
    }

    fn try_encode_udwf(&self, node: &WindowUDF, _: &mut Vec<u8>) -> Result<()> {
        Self::admit(self.known.window_functions.contains_key(node.name()), node.name())
    }

    fn try_encode_higher_order_function(&self, node: &HigherOrderUDF, _: &mut Vec<u8>) -> Result<()> {
        Self::admit(self.known.higher_order_functions.contains_key(node.name()), node.name())
    }
}

/// A plan as it is sent; an error where a part of it is not known elsewhere, or would not be read there.
pub(crate) fn outgoing(
    plan: &Arc<dyn ExecutionPlan>,
    known: &Arc<BallistaFunctionRegistry>,
) -> Result<Vec<u8>> {
    let codec = Outgoing { codec: Codec::default(), known: Arc::clone(known) };
    let message = PhysicalPlanNode::try_from_physical_plan(Arc::clone(plan), &codec)?;
    let bytes = message.encode_to_vec();
    // The reader stops at a depth of its own; better to know it here. A stage has a few operators of Ballista's on top.
    let deepest = (0..OPERATORS_ON_TOP).fold(message, |inner, _| PhysicalPlanNode {
        physical_plan_type: Some(PhysicalPlanType::Extension(PhysicalExtensionNode {
            node: Vec::new(),
            inputs: vec![inner],
        })),
    });
    PhysicalPlanNode::try_decode(&deepest.encode_to_vec())?;
    Ok(bytes)
}
