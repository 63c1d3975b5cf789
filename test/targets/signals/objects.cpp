/* C++: objects with destroyed virtual tables and containers are whole again. */
#include "../target.h"
#include <map>
#include <memory>
#include <string>

struct Shape {
  virtual ~Shape() {}
  virtual int sides() const = 0;
};
struct Square : Shape {
  int sides() const override { return 4; }
};

int main() {
  struct tjmp why;
  std::map<int, std::string> table;
  for (int key = 0; key < 5000; key++) table[key] = std::to_string(key * 3);
  std::unique_ptr<Shape> shape(new Square);
  point(&why);
  if (why.cause == TJMP_SAVED) {
    for (auto &entry : table) fill(const_cast<int *>(&entry.first) - 4, 16, 7);
    fill(static_cast<void *>(shape.get()), sizeof(Square), 8);
    return shape->sides();
  }
  CHECK(why.cause == TJMP_SIGNAL && shape->sides() == 4);
  CHECK(table.size() == 5000);
  for (int key = 0; key < 5000; key++) CHECK(table.at(key) == std::to_string(key * 3));
  table.clear();
  return ok();
}
