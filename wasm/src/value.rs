//! Values of JavaScript, read with their types checked.

use js_sys::{Array, ArrayBuffer, Object, Reflect, Symbol, Uint8Array};
use wasm_bindgen::{JsCast, JsError, JsValue};

/// What a getter or a conversion throws.
pub(crate) type Result<T> = std::result::Result<T, JsError>;

/// An object of named values that JavaScript handed in.
pub(crate) struct Fields<'a> {
    /// What it is, for messages: `options`, `the answer`.
    what: &'a str,
    object: Object,
}

impl<'a> Fields<'a> {
    /// The fields of `value`, which must be an object.
    pub(crate) fn of(what: &'a str, value: JsValue) -> Result<Self> {
        match value.dyn_into::<Object>() {
            Ok(object) => Ok(Self { what, object }),
            Err(_) => Err(JsError::new(&format!("{what} must be an object"))),
        }
    }

    /// The field, unless it is missing, `undefined` or `null`.
    pub(crate) fn value(&self, name: &str) -> Result<Option<JsValue>> {
        let value = Reflect::get(&self.object, &JsValue::from_str(name))
            .map_err(|_| JsError::new(&format!("{name} of {} cannot be read", self.what)))?;
        Ok((!value.is_undefined() && !value.is_null()).then_some(value))
    }

    /// A text.
    pub(crate) fn text(&self, name: &str) -> Result<Option<String>> {
        match self.value(name)? {
            None => Ok(None),
            Some(value) => value.as_string().map(Some).ok_or_else(|| self.wrong(name, "a string")),
        }
    }

    /// Texts in an array.
    pub(crate) fn texts(&self, name: &str) -> Result<Option<Vec<String>>> {
        let Some(value) = self.value(name)? else { return Ok(None) };
        let texts = Array::is_array(&value).then(|| Array::from(&value).iter().map(|text| text.as_string()).collect());
        texts.flatten().map(Some).ok_or_else(|| self.wrong(name, "an array of strings"))
    }

    /// A truth value.
    pub(crate) fn flag(&self, name: &str) -> Result<Option<bool>> {
        match self.value(name)? {
            None => Ok(None),
            Some(value) => value.as_bool().map(Some).ok_or_else(|| self.wrong(name, "true or false")),
        }
    }

    /// A number from 0 to `max`; a fraction is cut off.
    pub(crate) fn number(&self, name: &str, max: u64, form: &str) -> Result<Option<u64>> {
        match self.value(name)? {
            None => Ok(None),
            Some(value) => match value.as_f64() {
                // `max` is far below 2^53, and the cast of a number within the range is exact but for the fraction.
                Some(number) if number >= 0.0 && number <= max as f64 => Ok(Some(number as u64)),
                _ => Err(self.wrong(name, form)),
            },
        }
    }

    /// The error for a field that is not what it must be.
    pub(crate) fn wrong(&self, name: &str, form: &str) -> JsError {
        JsError::new(&format!("{name} of {} must be {form}", self.what))
    }
}

/// The octets of a `Uint8Array`, or of what is one in another realm.
pub(crate) fn octets(value: &JsValue) -> Option<Vec<u8>> {
    if let Some(array) = value.dyn_ref::<Uint8Array>() {
        return Some(array.to_vec());
    }
    let tag = Reflect::get(value, &Symbol::to_string_tag()).ok()?;
    (ArrayBuffer::is_view(value) && tag == "Uint8Array").then(|| Uint8Array::new(value).to_vec())
}

/// An object being built for JavaScript.
pub(crate) struct Built(Object);

impl Built {
    pub(crate) fn new() -> Self {
        Self(Object::new())
    }

    /// The object with one more field.
    pub(crate) fn with(self, name: &str, value: impl Into<JsValue>) -> Self {
        // A fresh plain object refuses no property.
        let _ = Reflect::set(&self.0, &JsValue::from_str(name), &value.into());
        self
    }

    pub(crate) fn done(self) -> JsValue {
        self.0.into()
    }
}
