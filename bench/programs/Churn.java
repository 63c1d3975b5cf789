/** Heap churn: each thread replaces what it holds, 16 MB of small arrays, over and over. */
public class Churn {
  static final int HELD = 16 * 1024;

  static void churn() {
    byte[][] held = new byte[HELD][];
    for (int turn = 0; ; turn++) {
      held[turn % HELD] = new byte[1024 - 16];
      held[turn % HELD][0] = (byte) turn;
    }
  }

  public static void main(String[] arguments) throws Exception {
    for (int i = 0; i < 2; i++) {
      Thread thread = new Thread(Churn::churn);
      thread.setDaemon(true);
      thread.start();
    }
    System.out.println("ready");
    while (System.in.read() >= 0) {}
  }
}
