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

/// The slots of a class that Oxyde fills; looked up once per class.
pub(super) struct Layout {
    class: Py<PyType>,
    /// The allocator, if `cls.__new__` is object's own and so does nothing else.
    allocate: Option<ffi::allocfunc>,
    new: Option<ffi::newfunc>,
}

/// A slot of a class: by the functions of its descriptor, if it is a plain one, and by its name.
pub(crate) struct SlotAt {
    name: Py<PyString>,
    member: Option<Member>,
}

/// The descriptor of a slot, and what reads and fills it.
struct Member {
    descriptor: Py<PyAny>,
    get: ffi::descrgetfunc,
    set: ffi::descrsetfunc,
}

/// Return a function of a type.
///
/// # Safety
/// `F` must be the type of the functions that are in `slot`.
unsafe fn function<F>(class: *mut ffi::PyTypeObject, slot: std::ffi::c_int) -> Option<F> {
    const { assert!(size_of::<F>() == size_of::<*mut std::ffi::c_void>()) };
    // SAFETY: the type is ready and alive; the function has the type that the caller promises.
    unsafe {
        let found = ffi::PyType_GetSlot(class, slot);
        (!found.is_null()).then(|| std::mem::transmute_copy(&found))
    }
}

impl Layout {
    pub(super) fn of(class: &Bound<'_, PyType>) -> Layout {
        let raw = class.as_type_ptr();
        // SAFETY: `raw` is a ready type, which is alive, and so is object; each slot has functions of
        // the type that is asked for.
        let (allocate, new) = unsafe {
            let new: Option<ffi::newfunc> = function(raw, ffi::Py_tp_new);
            let object = ptr::addr_of_mut!(ffi::PyBaseObject_Type);
            let plain: Option<ffi::newfunc> = function(object, ffi::Py_tp_new);
            let same_new = match (new, plain) {
                (Some(new), Some(plain)) => ptr::fn_addr_eq(new, plain),
                _ => false,
            };
            let concrete = ffi::PyType_GetFlags(raw) & ffi::Py_TPFLAGS_IS_ABSTRACT == 0;
            let allocate = (same_new && concrete).then(|| function(raw, ffi::Py_tp_alloc));
            (allocate.flatten(), new)
        };
        Layout {
            class: class.clone().unbind(),
            allocate,
            new,
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
            let made = match (self.allocate, self.new) {
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
    /// Find the slot `name` of `class`: by its descriptor if it is a plain slot.
    pub(crate) fn of(class: &Bound<'_, PyType>, name: &str) -> PyResult<SlotAt> {
        let py = class.py();
        let name = PyString::intern(py, name);
        let descriptor = class.getattr(&name)?;
        Ok(SlotAt {
            member: member(descriptor),
            name: name.unbind(),
        })
    }

    /// Return the slot's value.
    pub(super) fn value<'py>(&self, instance: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let Some(member) = &self.member else {
            return instance.getattr(&self.name);
        };
        // SAFETY: all are alive; the function checks that the instance has this slot, and returns a
        // new reference, or NULL with an error set.
        unsafe {
            let value = (member.get)(
                member.descriptor.as_ptr(),
                instance.as_ptr(),
                ptr::null_mut(),
            );
            Bound::from_owned_ptr_or_err(instance.py(), value)
        }
    }

    /// Return the slot's value of an instance of the class; `None` if it is empty.
    pub(crate) fn held<'py>(
        &self,
        instance: &Bound<'py, PyAny>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        match self.value(instance) {
            Err(error) if error.is_instance_of::<PyAttributeError>(instance.py()) => Ok(None),
            value => value.map(Some),
        }
    }

    /// Fill the slot of an instance of the class.
    pub(crate) fn fill(
        &self,
        instance: &Bound<'_, PyAny>,
        value: Bound<'_, PyAny>,
    ) -> PyResult<()> {
        let (object, content) = (instance.as_ptr(), value.as_ptr());
        // SAFETY: all are alive; the function checks that the instance has this slot, and takes its
        // own references. By name it does what `object.__setattr__` does, and bypasses the
        // `__setattr__` of the class.
        let status = unsafe {
            match &self.member {
                Some(member) => (member.set)(member.descriptor.as_ptr(), object, content),
                None => ffi::PyObject_GenericSetAttr(object, self.name.as_ptr(), content),
            }
        };
        if status < 0 {
            Err(PyErr::fetch(instance.py()))
        } else {
            Ok(())
        }
    }
}

/// Return the functions of a slot's descriptor, if it is one.
fn member(descriptor: Bound<'_, PyAny>) -> Option<Member> {
    // SAFETY: the descriptor and its type are alive; each slot has functions of the type that is
    // asked for.
    let (get, set) = unsafe {
        let class = ffi::Py_TYPE(descriptor.as_ptr());
        if class != ptr::addr_of_mut!(ffi::PyMemberDescr_Type) {
            return None;
        }
        (
            function(class, ffi::Py_tp_descr_get)?,
            function(class, ffi::Py_tp_descr_set)?,
        )
    };
    Some(Member {
        descriptor: descriptor.unbind(),
        get,
        set,
    })
}
