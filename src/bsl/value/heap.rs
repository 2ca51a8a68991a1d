//! Objects and the heap of a run.
//!
//! An object is freed when its last reference goes; what cycles keep alive is freed with the run,
//! whose heap knows every object. Freeing never recurs: the insides of a dying object wait in a
//! queue, so that a chain of a million arrays does not overflow the stack.

use super::map::MapData;
use super::structure::StructData;
use super::{Value, memory};
use crate::host::HostObject;
use crate::library::registry::TypeDef;
use crate::value::native::NativeObject;
use crate::vm::error::{Fault, Message};
use std::cell::{Cell, Ref, RefCell, RefMut};
use std::rc::{Rc, Weak};

/// What an object holds.
#[derive(Default)]
pub enum Body {
    /// Массив.
    Array(Vec<Value>),
    /// Структура.
    Struct(StructData),
    /// Соответствие.
    Map(Box<MapData>),
    /// КлючИЗначение.
    KeyValue(Value, Value),
    /// Another type of the library.
    Native(Box<dyn NativeObject>),
    /// An object of the host.
    Host(Box<dyn HostObject>),
    /// Freed with its run, or in the hands of somebody who changes it.
    #[default]
    Dead,
}

impl Body {
    fn size(&self) -> usize {
        match self {
            Body::Array(items) => items.capacity() * size_of::<Value>(),
            Body::Struct(fields) => fields.size(),
            Body::Map(map) => map.size() + size_of::<MapData>(),
            Body::Native(native) => native.size(),
            Body::KeyValue(..) | Body::Host(_) | Body::Dead => 0,
        }
    }
}

/// Bytes of an object without its insides.
const OBJECT_COST: usize = size_of::<ObjBox>() + 32;

/// The box behind [`Obj`].
pub struct ObjBox {
    ty: &'static TypeDef,
    heap: Rc<Heap>,
    slot: u32,
    charged: Cell<usize>,
    body: RefCell<Body>,
}

impl Drop for ObjBox {
    fn drop(&mut self) {
        memory::sub(OBJECT_COST + self.charged.get());
        let body = std::mem::replace(self.body.get_mut(), Body::Dead);
        self.heap.unregister(self.slot);
        self.heap.bury(body);
    }
}

/// A reference to an object.
#[derive(Clone)]
pub struct Obj(Rc<ObjBox>);

impl Obj {
    /// Its type.
    #[inline]
    #[must_use]
    pub fn ty(&self) -> &'static TypeDef {
        self.0.ty
    }

    /// The insides. While somebody changes the object, whoever comes back to it by way of a value that
    /// holds it sees [`Body::Dead`]: it is compared by identity and has no text of its own.
    #[inline]
    #[must_use]
    pub fn body(&self) -> Ref<'_, Body> {
        match self.0.body.try_borrow() {
            Ok(body) => body,
            Err(_) => self.0.heap.in_hand.borrow(),
        }
    }

    /// The insides, to change; an error of the program while somebody else looks at them or changes
    /// them. No call back into the interpreter may happen while they are held.
    #[inline]
    pub fn body_mut(&self) -> Result<RefMut<'_, Body>, Fault> {
        match self.0.body.try_borrow_mut() {
            Ok(body) => Ok(body),
            Err(_) => Err(Message::InUse.into()),
        }
    }

    /// Units of what is compared when the object is; 0 for one that is compared by identity, and for a
    /// short one.
    #[must_use]
    pub fn content_units(&self) -> usize {
        match &*self.body() {
            Body::Native(native) => native.content_units(),
            _ => 0,
        }
    }

    /// Whether both are the same object.
    #[inline]
    #[must_use]
    pub fn same(&self, other: &Obj) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }

    /// A number that stays the object's while it lives.
    #[must_use]
    pub fn address(&self) -> usize {
        Rc::as_ptr(&self.0) as usize
    }

    /// Puts another pair into a КлючИЗначение that nobody else holds; else gives it back.
    #[inline]
    pub(crate) fn refill(&self, pair: Body) -> Result<(), Body> {
        if Rc::strong_count(&self.0) == 1
            && let Ok(mut body) = self.0.body.try_borrow_mut()
            && let Body::KeyValue(..) = *body
        {
            let old = std::mem::replace(&mut *body, pair);
            drop(body);
            drop(old);
            return Ok(());
        }
        Err(pair)
    }

    /// Counts the object's bytes anew after it grew or shrank.
    pub fn recount(&self) {
        let Ok(body) = self.0.body.try_borrow() else {
            return;
        };
        let size = body.size();
        drop(body);
        let before = self.0.charged.replace(size);
        memory::sub(before);
        memory::add(size);
    }

    /// The insides as a type of the library.
    #[must_use]
    pub fn native<T: NativeObject>(&self) -> Option<Ref<'_, T>> {
        Ref::filter_map(self.body(), |body| match body {
            Body::Native(native) => native.downcast_ref(),
            _ => None,
        })
        .ok()
    }

    /// The insides as a type of the library, to change.
    #[must_use]
    pub fn native_mut<T: NativeObject>(&self) -> Option<RefMut<'_, T>> {
        RefMut::filter_map(self.body_mut().ok()?, |body| match body {
            Body::Native(native) => native.downcast_mut(),
            _ => None,
        })
        .ok()
    }
}

/// All objects of a run.
#[derive(Default)]
pub struct Heap {
    slots: RefCell<Vec<Weak<ObjBox>>>,
    free: RefCell<Vec<u32>>,
    graves: RefCell<Vec<Body>>,
    burying: Cell<bool>,
    /// What is seen of an object that is being changed; never borrowed mutably.
    in_hand: RefCell<Body>,
}

impl Heap {
    /// A new object.
    #[must_use]
    pub fn alloc(self: &Rc<Self>, ty: &'static TypeDef, body: Body) -> Obj {
        let charged = body.size();
        memory::add(OBJECT_COST + charged);
        let reused = self.free.borrow_mut().pop();
        let mut slots = self.slots.borrow_mut();
        let slot = reused.unwrap_or_else(|| {
            slots.push(Weak::new());
            slots.len() as u32 - 1
        });
        let object = Rc::new(ObjBox {
            ty,
            heap: Rc::clone(self),
            slot,
            charged: Cell::new(charged),
            body: RefCell::new(body),
        });
        slots[slot as usize] = Rc::downgrade(&object);
        Obj(object)
    }

    fn unregister(&self, slot: u32) {
        if let Some(place) = self.slots.borrow_mut().get_mut(slot as usize) {
            *place = Weak::new();
        }
        self.free.borrow_mut().push(slot);
    }

    fn bury(&self, body: Body) {
        if matches!(body, Body::Dead) {
            return;
        }
        if self.burying.get() {
            self.graves.borrow_mut().push(body);
            return;
        }
        self.burying.set(true);
        drop(body);
        loop {
            let next = self.graves.borrow_mut().pop();
            match next {
                Some(body) => drop(body),
                None => break,
            }
        }
        self.burying.set(false);
    }

    /// Empties every object that is still alive: the end of the run, cycles included.
    pub fn clear(&self) {
        let count = self.slots.borrow().len();
        for slot in 0..count {
            let object = self.slots.borrow().get(slot).and_then(Weak::upgrade);
            if let Some(object) = object
                && let Ok(mut body) = object.body.try_borrow_mut()
            {
                let body = std::mem::replace(&mut *body, Body::Dead);
                memory::sub(object.charged.replace(0));
                self.bury(body);
            }
        }
    }

    /// Objects that are alive.
    #[must_use]
    pub fn objects(&self) -> usize {
        self.slots.borrow().len() - self.free.borrow().len()
    }
}
