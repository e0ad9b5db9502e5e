//! Creates instances without calling Python code: with the type's own allocator, then its slots.
#![expect(
    unsafe_code,
    reason = "instances are made by the type's allocator and their slots are filled in place: \
              through object.__setattr__ it takes several times as long per row"
)]

use std::ptr;

use pyo3::exceptions::{PyAttributeError, PyTypeError};
use pyo3::ffi;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PySet, PyString, PyTuple, PyType};

/// `Py_T_OBJECT_EX`: a slot that raises `AttributeError` while it is empty.
const OBJECT_EX: i32 = 16;

/// The slots of a class that Oxyde fills; looked up once per class.
pub(super) struct Layout {
    class: Py<PyType>,
    /// The allocator, if `cls.__new__` is object's own and so does nothing else.
    allocate: Option<ffi::allocfunc>,
}

/// A slot of a class, by its offset or, if that is not reliable, by its name.
pub(crate) struct SlotAt {
    name: Py<PyString>,
    offset: Option<isize>,
}

impl Layout {
    pub(super) fn of(class: &Bound<'_, PyType>) -> Layout {
        let raw = class.as_type_ptr();
        // SAFETY: `raw` is a ready type, which is alive; its fields are read with the GIL.
        let allocate = unsafe {
            let plain = (*ptr::addr_of!(ffi::PyBaseObject_Type)).tp_new;
            let same_new = match ((*raw).tp_new, plain) {
                (Some(new), Some(plain)) => ptr::fn_addr_eq(new, plain),
                _ => false,
            };
            let concrete = (*raw).tp_flags & ffi::Py_TPFLAGS_IS_ABSTRACT == 0;
            if same_new && concrete {
                (*raw).tp_alloc
            } else {
                None
            }
        };
        Layout {
            class: class.clone().unbind(),
            allocate,
        }
    }

    pub(super) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.class)
    }

    /// Create an instance with empty slots and an empty `__dict__`.
    pub(super) fn instance<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let raw = self.class.as_ptr().cast::<ffi::PyTypeObject>();
        // SAFETY: the class is alive. `tp_alloc` returns a new reference to a zeroed instance, or
        // NULL with an error set; so does `tp_new`, with an empty tuple as arguments.
        unsafe {
            let made = match (self.allocate, (*raw).tp_new) {
                (Some(allocate), _) => allocate(raw, 0),
                (None, Some(new)) => new(raw, PyTuple::empty(py).as_ptr(), ptr::null_mut()),
                (None, None) => {
                    return Err(PyTypeError::new_err("the class cannot be instantiated"));
                }
            };
            Bound::from_owned_ptr_or_err(py, made)
        }
    }
}

/// Set the `__dict__` of an instance.
pub(super) fn set_dict(instance: &Bound<'_, PyAny>, dict: &Bound<'_, PyDict>) -> PyResult<()> {
    // SAFETY: both are alive. The function checks that the type has a `__dict__` and takes
    // its own reference to the dict.
    let status =
        unsafe { ffi::PyObject_GenericSetDict(instance.as_ptr(), dict.as_ptr(), ptr::null_mut()) };
    if status < 0 {
        Err(PyErr::fetch(instance.py()))
    } else {
        Ok(())
    }
}

/// Copy a set.
pub(super) fn copy_set<'py>(set: &Bound<'py, PySet>) -> PyResult<Bound<'py, PyAny>> {
    // SAFETY: PySet_New accepts any iterable, and returns a new reference or NULL with an error.
    unsafe { Bound::from_owned_ptr_or_err(set.py(), ffi::PySet_New(set.as_ptr())) }
}

impl SlotAt {
    /// Find the slot `name` of `class`: by its offset if it is a plain slot of the class.
    pub(crate) fn of(class: &Bound<'_, PyType>, name: &str) -> PyResult<SlotAt> {
        let py = class.py();
        let name = PyString::intern(py, name);
        let descriptor = class.getattr(&name)?;
        Ok(SlotAt {
            offset: plain_offset(class, &descriptor),
            name: name.unbind(),
        })
    }

    /// Return the slot's value.
    pub(super) fn value<'py>(&self, instance: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        instance.getattr(&self.name)
    }

    /// Return the slot's value of an instance of the class; `None` if it is empty.
    pub(crate) fn held<'py>(
        &self,
        instance: &Bound<'py, PyAny>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let Some(offset) = self.offset else {
            return match self.value(instance) {
                Err(error) if error.is_instance_of::<PyAttributeError>(instance.py()) => Ok(None),
                value => value.map(Some),
            };
        };
        // SAFETY: as in `fill`. An empty slot is NULL; otherwise the borrowed reference
        // becomes an owned one.
        Ok(unsafe {
            let place = instance
                .as_ptr()
                .byte_offset(offset)
                .cast::<*mut ffi::PyObject>();
            Bound::from_borrowed_ptr_or_opt(instance.py(), *place)
        })
    }

    /// Fill the slot of an instance of the class.
    pub(crate) fn fill(
        &self,
        instance: &Bound<'_, PyAny>,
        value: Bound<'_, PyAny>,
    ) -> PyResult<()> {
        let py = instance.py();
        let Some(offset) = self.offset else {
            // SAFETY: all three are alive; the function takes its own references. It does what
            // `object.__setattr__` does, and bypasses the `__setattr__` of the class.
            let status = unsafe {
                ffi::PyObject_GenericSetAttr(instance.as_ptr(), self.name.as_ptr(), value.as_ptr())
            };
            return if status < 0 {
                Err(PyErr::fetch(py))
            } else {
                Ok(())
            };
        };
        // SAFETY: `plain_offset` found this offset in a slot descriptor of the class that
        // `instance` is an instance of, so it is the offset of an object pointer. It is replaced
        // first and released afterwards, as Py_XSETREF does. The GIL is held.
        unsafe {
            let place = instance
                .as_ptr()
                .byte_offset(offset)
                .cast::<*mut ffi::PyObject>();
            let old = place.replace(value.into_ptr());
            ffi::Py_XDECREF(old);
        }
        Ok(())
    }
}

/// Return the offset of a slot, if `descriptor` is a writable object slot that `class` inherited.
fn plain_offset(class: &Bound<'_, PyType>, descriptor: &Bound<'_, PyAny>) -> Option<isize> {
    if cfg!(Py_GIL_DISABLED) {
        // Another thread may use the same instance: Python's own functions lock it.
        return None;
    }
    // SAFETY: the type of the descriptor is compared before its fields are read; descriptor and
    // owner are alive. `d_member` of a member descriptor is never NULL.
    unsafe {
        if ffi::Py_TYPE(descriptor.as_ptr()) != ptr::addr_of_mut!(ffi::PyMemberDescr_Type) {
            return None;
        }
        let member = descriptor.as_ptr().cast::<ffi::PyMemberDescrObject>();
        let owner = (*member).d_common.d_type;
        if ffi::PyType_IsSubtype(class.as_type_ptr(), owner) == 0 {
            return None;
        }
        // Typed as another struct before Python 3.11 in these bindings, but the same in C.
        let definition = (*member).d_member.cast::<ffi::PyMemberDef>();
        let inside = (*definition).offset > 0
            && (*definition).offset + size_of::<*mut ffi::PyObject>().cast_signed()
                <= (*owner).tp_basicsize;
        let plain = (*definition).type_code == OBJECT_EX && (*definition).flags == 0;
        (plain && inside).then_some((*definition).offset)
    }
}
