// Null checks by fault, which Mono turns into exceptions.
using System;

class Checks {
  class Node { public int value; }

  static int Read(Node node) {
    try { return node.value; } catch (NullReferenceException) { return 1; }
  }

  static void Main() {
    long sum = 0;
    for (int i = 0; i < 20000; i++) sum += Read(i % 10 == 0 ? null : new Node { value = i % 7 });
    Console.WriteLine("total " + sum);
  }
}
