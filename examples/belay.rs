//! belay's calls from Rust, one `asm!` each: `rustc -O belay.rs && belay run -- ./belay`.
//!
//! The program breaks itself with a write through a null pointer, three times, and counts the
//! falls in memory that survives them.

use std::arch::asm;
use std::io::Error;

const SYS_TSETJMP: i64 = 0xBE01;
const SYS_TLONGJMP: i64 = 0xBE02;
const SYS_TFORGET: i64 = 0xBE03;
const SYS_TKEEP: i64 = 0xBE04;

const TJMP_SAVED: u32 = 0;
const TJMP_LONGJMP: u32 = 1;

/// `struct tjmp` of belay.h.
#[repr(C)]
#[derive(Debug, Default)]
struct Tjmp {
    size: u32,
    cause: u32,
    value: i32,
    signo: i32,
    code: i32,
    tid: i32,
    address: u64,
    ip: u64,
    rollbacks: u64,
}

/// One system call with two arguments. The asm may write any memory, which is its default.
fn call(number: i64, first: usize, second: usize) -> Result<i32, Error> {
    let result: i64;
    unsafe {
        asm!("syscall", inlateout("rax") number => result, in("rdi") first, in("rsi") second,
             lateout("rcx") _, lateout("r11") _);
    }
    if result < 0 { Err(Error::from_raw_os_error(-result as i32)) } else { Ok(result as i32) }
}

fn tsetjmp(why: &mut Tjmp) -> Result<i32, Error> {
    call(SYS_TSETJMP, why as *mut Tjmp as usize, size_of::<Tjmp>())
}

fn tlongjmp(cd: i32, value: i32) -> Result<i32, Error> {
    call(SYS_TLONGJMP, cd as usize, value as usize)
}

fn tforget(cd: i32) -> Result<i32, Error> {
    call(SYS_TFORGET, cd as usize, 0)
}

fn tkeep<T>(value: *mut T) -> Result<i32, Error> {
    call(SYS_TKEEP, value as usize, size_of::<T>())
}

fn main() -> Result<(), Error> {
    let falls: *mut u32 = Box::into_raw(Box::new(0));
    tkeep(falls)?;
    let mut why = Tjmp::default();
    let mut table = vec![1u8; 1 << 20];
    let cd = tsetjmp(&mut why)?;
    if why.cause != TJMP_SAVED {
        // stderr has no buffer: lines waiting in one would be rolled back like all memory.
        eprintln!("back on point {cd}: signal {} at {:#x}, {:?}", why.signo, why.ip, &table[..4]);
    }
    if why.cause != TJMP_LONGJMP && unsafe { falls.read_volatile() } < 3 {
        unsafe { falls.write_volatile(falls.read_volatile() + 1) };
        table.fill(0xFF);
        let nowhere = std::hint::black_box(16usize) as *mut u8;
        unsafe { nowhere.write_volatile(1) };
    }
    if why.cause != TJMP_LONGJMP {
        tlongjmp(cd, 7)?;
    }
    tforget(cd)?;
    println!("{} falls, value {}", unsafe { falls.read_volatile() }, why.value);
    Ok(())
}
