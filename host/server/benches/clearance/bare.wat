;; The bare handle: a guest that reads one list of bytes behind a resource TIMES times, and a host that checks nothing.
(component
  (import "bare" (instance $bare
    (export "handle" (type $handle (sub resource)))
    (export "[method]handle.get" (func (param "self" (borrow $handle)) (result (list u8))))))
  (alias export $bare "handle" (type $handle))
  (core module $heap
    (memory (export "memory") 64)
    (global $next (mut i32) (i32.const 1024))
    (func (export "reset") (global.set $next (i32.const 1024)))
    (func (export "realloc") (param i32 i32 i32) (param $size i32) (result i32)
      global.get $next
      (global.set $next (i32.and (i32.add (i32.add (global.get $next) (local.get $size)) (i32.const 7)) (i32.const -8)))))
  (core instance $heap (instantiate $heap))
  (core func $get (canon lower (func $bare "[method]handle.get")
    (memory (core memory $heap "memory")) (realloc (core func $heap "realloc"))))
  (core func $drop (canon resource.drop $handle))
  (core module $m
    (import "heap" "reset" (func $reset))
    (import "host" "get" (func $get (param i32 i32)))
    (import "host" "drop" (func $drop (param i32)))
    (func (export "run") (param $handle i32)
      (local $left i32)
      (local.set $left (i32.const TIMES))
      (block $done
        (loop $again
          (br_if $done (i32.eqz (local.get $left)))
          (call $reset)
          (call $get (local.get $handle) (i32.const 16))
          (local.set $left (i32.sub (local.get $left) (i32.const 1)))
          (br $again)))
      (call $drop (local.get $handle))))
  (core instance $m (instantiate $m
    (with "heap" (instance $heap))
    (with "host" (instance (export "get" (func $get)) (export "drop" (func $drop))))))
  (func (export "run") (param "handle" (own $handle)) (canon lift (core func $m "run"))))
