/** Null checks by fault, collections and safepoints in four threads: a JVM lives by SIGSEGV. */
public class Checks {
  static int first(int[] numbers) {
    try {
      return numbers[0];
    } catch (NullPointerException e) {
      return 1;
    }
  }

  static long work() {
    long sum = 0;
    for (int i = 0; i < 300000; i++) {
      sum += first(i % 1000 == 0 ? null : new int[] {i % 7});
      if (i % 50000 == 0) System.gc();
    }
    return sum;
  }

  public static void main(String[] arguments) throws Exception {
    long[] sums = new long[4];
    Thread[] threads = new Thread[4];
    for (int i = 0; i < 4; i++) {
      int own = i;
      threads[i] = new Thread(() -> sums[own] = work());
      threads[i].start();
    }
    long total = 0;
    for (int i = 0; i < 4; i++) {
      threads[i].join();
      total += sums[i];
    }
    System.out.println("total " + total);
  }
}
