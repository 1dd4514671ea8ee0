//! What went wrong while a program was evaluated, in words.

use rsjsonnet_lang::ast::{BinaryOp, UnaryOp};
use rsjsonnet_lang::program::{EvalErrorKind, EvalErrorValueType as Type, EvalStackTraceItem};
use rsjsonnet_lang::span::SpanId;

use super::natives;

/// The longest message, in bytes: more is not read by anybody.
const LONGEST: usize = 16 << 10;

/// A message that a program wrote, cut where it is too long.
pub(super) fn bounded(mut message: String) -> String {
    if message.len() > LONGEST {
        let end = (0..=LONGEST).rfind(|&at| message.is_char_boundary(at));
        message.truncate(end.unwrap_or_default());
        message.push('…');
    }
    message
}

/// The place of an error, where it has one of its own, and its message.
pub(super) fn of(kind: &EvalErrorKind) -> (Option<SpanId>, String) {
    of_value(kind)
        .or_else(|| of_call(kind))
        .unwrap_or_else(|| of_rest(kind))
}

type Placed = (Option<SpanId>, String);

/// A value of a kind that does not do.
fn of_value(kind: &EvalErrorKind) -> Option<Placed> {
    use EvalErrorKind as E;
    Some(match kind {
        E::InvalidIndexedType { span, got_type } => {
            (Some(*span), format!("{} has no fields", noun(*got_type)))
        }
        E::InvalidSlicedType { span, got_type } => {
            (Some(*span), format!("{} has no slices", noun(*got_type)))
        }
        E::SliceIndexOrStepIsNotNumber { span, got_type }
        | E::StringIndexIsNotNumber { span, got_type }
        | E::ArrayIndexIsNotNumber { span, got_type } => (
            Some(*span),
            format!("the index is {}, not a number", noun(*got_type)),
        ),
        E::NumericIndexIsNotValid { span, index } => {
            (Some(*span), format!("{index} cannot be an index"))
        }
        E::NumericIndexOutOfRange {
            span,
            index,
            length,
        } => (
            Some(*span),
            format!("there is no index {index}: the length is {length}"),
        ),
        E::ObjectIndexIsNotString { span, got_type } => (
            Some(*span),
            format!("the name of the field is {}, not a string", noun(*got_type)),
        ),
        E::RepeatedFieldName { span, name } => {
            (Some(*span), format!("the field `{name}` occurs twice"))
        }
        E::FieldNameIsNotString { span, got_type } => (
            Some(*span),
            format!("a field's name is {}, not a string", noun(*got_type)),
        ),
        E::UnknownObjectField { span, field_name } => {
            (Some(*span), format!("there is no field `{field_name}`"))
        }
        E::FieldOfNonObject { span } => (Some(*span), "only an object has fields".to_owned()),
        E::SuperWithoutSuperObject { span } => (
            Some(*span),
            "`super` is used in an object that extends no other".to_owned(),
        ),
        E::ForSpecValueIsNotArray { span, got_type } => (
            Some(*span),
            format!("`for` goes over {}, not an array", noun(*got_type)),
        ),
        E::CondIsNotBool { span, got_type } => (
            Some(*span),
            format!("the condition is {}, not a boolean", noun(*got_type)),
        ),
        _ => return None,
    })
}

/// Calls and operators.
fn of_call(kind: &EvalErrorKind) -> Option<Placed> {
    use EvalErrorKind as E;
    Some(match kind {
        E::CalleeIsNotFunction { span, got_type } => (
            *span,
            format!("{} is called as a function", noun(*got_type)),
        ),
        E::TooManyCallArgs { span, num_params } => (
            *span,
            format!("too many arguments: the function has {num_params} parameters"),
        ),
        E::UnknownCallParam { span, param_name } => (
            *span,
            format!("the function has no parameter `{param_name}`"),
        ),
        E::RepeatedCallParam { span, param_name } => {
            (*span, format!("the argument `{param_name}` is given twice"))
        }
        E::CallParamNotBound { span, param_name } => (
            *span,
            format!("the parameter `{param_name}` has no argument"),
        ),
        E::NativeCallFailed => (None, "there are no native functions".to_owned()),
        E::InvalidUnaryOpType { span, op, rhs_type } => (
            Some(*span),
            format!("`{}` does not go with {}", unary(*op), noun(*rhs_type)),
        ),
        E::InvalidBinaryOpTypes {
            span,
            op,
            lhs_type,
            rhs_type,
        } => (
            *span,
            format!(
                "`{}` does not go with {} and {}",
                binary(*op),
                noun(*lhs_type),
                noun(*rhs_type)
            ),
        ),
        E::NumberNotBitwiseSafe { span } => (*span, "the number is too large for bits".to_owned()),
        E::NumberOverflow { span } => (*span, "the number is too large".to_owned()),
        E::NumberNan { span } => (*span, "the result is not a number".to_owned()),
        E::DivByZero { span } => (*span, "division by zero".to_owned()),
        E::ShiftByNegative { span } => (*span, "shift by a negative number".to_owned()),
        E::InvalidStdFuncArgType {
            func_name,
            arg_index,
            expected_types,
            got_type,
        } => {
            let expected: Vec<_> = expected_types.iter().map(|&kind| noun(kind)).collect();
            let message = format!(
                "argument {} of `std.{func_name}` is {}, not {}",
                arg_index + 1,
                noun(*got_type),
                expected.join(" or ")
            );
            (None, message)
        }
        _ => return None,
    })
}

fn of_rest(kind: &EvalErrorKind) -> Placed {
    use EvalErrorKind as E;
    match kind {
        E::StackOverflow => (None, "calls nest more than 500 deep".to_owned()),
        E::InfiniteRecursion => (None, "a value depends on itself".to_owned()),
        E::AssertFailed { span, message } => {
            let message = message.as_deref().unwrap_or("an assertion failed");
            (Some(*span), message.to_owned())
        }
        E::AssertEqualFailed { lhs, rhs } => (None, format!("{lhs} is not equal to {rhs}")),
        E::ExplicitError { span, message } => (Some(*span), message.clone()),
        E::ImportFailed { span, path } => (Some(*span), format!("`{path}` cannot be imported")),
        E::UnknownExtVar { name } => (None, format!("there is no external variable `{name}`")),
        E::ManifestFunction => (None, "a function has no text".to_owned()),
        E::CompareNullInequality => (None, "null has no order".to_owned()),
        E::CompareBooleanInequality => (None, "booleans have no order".to_owned()),
        E::CompareObjectInequality => (None, "objects have no order".to_owned()),
        E::CompareFunctions => (None, "functions cannot be compared".to_owned()),
        E::CompareDifferentTypesInequality { lhs_type, rhs_type } => (
            None,
            format!("{} and {} have no order", noun(*lhs_type), noun(*rhs_type)),
        ),
        E::PrimitiveEqualsNonPrimitive { got_type } => (
            None,
            format!("`std.primitiveEquals` does not go with {}", noun(*got_type)),
        ),
        E::Other { span, message } => (*span, message.clone()),
        // Every other kind has been told above.
        other => (None, format!("{other:?}")),
    }
}

/// What to do about it.
pub(super) fn hint(kind: &EvalErrorKind) -> Option<&'static str> {
    match kind {
        EvalErrorKind::UnknownExtVar { .. } => Some("set it in `jsonnetVariables`"),
        EvalErrorKind::UnknownCallParam { span: None, .. }
        | EvalErrorKind::CallParamNotBound { span: None, .. } => {
            Some("a program that is a function is called with `jsonnetArguments`")
        }
        EvalErrorKind::ImportFailed { .. } => Some(
            "an import is looked for beside the importing file, then in `jsonnetPaths`; dependencies are not installed: run `jb install` before, or commit the `vendor` folder",
        ),
        _ => None,
    }
}

/// The place of a frame, and what was evaluated there.
pub(super) fn of_frame(item: &EvalStackTraceItem) -> (Option<SpanId>, String) {
    use EvalStackTraceItem as F;
    match item {
        F::Expr { span } => (Some(*span), String::new()),
        F::Call { span, name } => match name {
            Some(name) => {
                let name = name.strip_prefix(natives::OWN).unwrap_or(name);
                (*span, format!("function `{name}`"))
            }
            None => (*span, "a function".to_owned()),
        },
        F::Variable { span, name } => (Some(*span), format!("variable `{name}`")),
        F::ArrayItem { span, index } => (*span, format!("item {index}")),
        F::ObjectField { span, name } => (*span, format!("field `{name}`")),
        F::CompareArrayItem { index } => (None, format!("a comparison of item {index}")),
        F::CompareObjectField { name } => (None, format!("a comparison of field `{name}`")),
        F::ManifestArrayItem { index } => (None, format!("item {index}")),
        F::ManifestObjectField { name } => (None, format!("field `{name}`")),
        F::Import { span } => (Some(*span), "an import".to_owned()),
    }
}

fn noun(kind: Type) -> &'static str {
    match kind {
        Type::Null => "null",
        Type::Bool => "a boolean",
        Type::Number => "a number",
        Type::String => "a string",
        Type::Array => "an array",
        Type::Object => "an object",
        Type::Function => "a function",
    }
}

fn unary(op: UnaryOp) -> &'static str {
    match op {
        UnaryOp::Minus => "-",
        UnaryOp::Plus => "+",
        UnaryOp::BitwiseNot => "~",
        UnaryOp::LogicNot => "!",
    }
}

fn binary(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Add => "+",
        BinaryOp::Sub => "-",
        BinaryOp::Mul => "*",
        BinaryOp::Div => "/",
        BinaryOp::Rem => "%",
        BinaryOp::Shl => "<<",
        BinaryOp::Shr => ">>",
        BinaryOp::Lt => "<",
        BinaryOp::Le => "<=",
        BinaryOp::Gt => ">",
        BinaryOp::Ge => ">=",
        BinaryOp::Eq => "==",
        BinaryOp::Ne => "!=",
        BinaryOp::In => "in",
        BinaryOp::BitwiseAnd => "&",
        BinaryOp::BitwiseOr => "|",
        BinaryOp::BitwiseXor => "^",
        BinaryOp::LogicAnd => "&&",
        BinaryOp::LogicOr => "||",
    }
}
