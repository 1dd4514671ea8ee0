//! Any text as a Jsonnet program: it is refused or evaluated within its bounds, and
//! nothing panics or overflows the stack.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rsjsonnet_lang::arena::Arena;
use rsjsonnet_lang::interner::InternedStr;
use rsjsonnet_lang::program::{
    Callbacks, EvalStackTraceItem, ImportError, NativeError, Program, Thunk, Value,
};
use rsjsonnet_lang::span::SpanId;

/// How many ticks an evaluation may take.
const TICKS: u32 = 200;

/// Nothing can be imported, and evaluations end.
struct Bounded(u32);

impl<'p> Callbacks<'p> for Bounded {
    fn import(
        &mut self,
        _: &mut Program<'p>,
        _: SpanId,
        _: &str,
    ) -> Result<Thunk<'p>, ImportError> {
        Err(ImportError)
    }

    fn import_str(
        &mut self,
        _: &mut Program<'p>,
        _: SpanId,
        _: &str,
    ) -> Result<String, ImportError> {
        Err(ImportError)
    }

    fn import_bin(
        &mut self,
        _: &mut Program<'p>,
        _: SpanId,
        _: &str,
    ) -> Result<Vec<u8>, ImportError> {
        Err(ImportError)
    }

    fn trace(&mut self, _: &mut Program<'p>, _: &str, _: &[EvalStackTraceItem]) {}

    fn native_call(
        &mut self,
        _: &mut Program<'p>,
        _: InternedStr<'p>,
        _: &[Value<'p>],
    ) -> Result<Value<'p>, NativeError> {
        Err(NativeError)
    }

    fn tick(&mut self) -> Result<(), String> {
        self.0 += 1;
        if self.0 > TICKS {
            return Err("it takes too long".to_owned());
        }
        Ok(())
    }
}

fuzz_target!(|data: &[u8]| {
    let arena = Arena::new();
    let mut program = Program::new(&arena);
    program.set_max_size(1 << 20);
    let spans = program.span_manager_mut();
    let (context, _) = spans.insert_source_context(data.len());
    let Ok(thunk) = program.load_source(context, data, true, "fuzz.jsonnet") else {
        return;
    };
    let Ok(value) = program.eval_value(&thunk, &mut Bounded(0)) else {
        return;
    };
    if !value.is_function() {
        let _ = program.manifest_json(&value, true);
    }
});
