// harmless
// A struct inside a FlatBuffers table is read through a plain pointer: values are aligned, whatever the key's length.
#include <weir/flatbuffers.hpp>
#include <weir/test_driver.hpp>
#include <weir/weir.hpp>

#include <cstdint>

struct point {
  std::int64_t x;
  double y;
  std::int64_t get() const { return x; }
};
struct place : private flatbuffers::Table {
  const point* at() const { return GetStruct<const point*>(4); }
  bool Verify(flatbuffers::Verifier& v) const { return VerifyTableStart(v) && VerifyField<point>(v, 4, alignof(point)) && v.EndTable(); }
};

struct reads final : weir::stream_operator {
  weir::metadata metadata() const override { return {.name = "r", .version = "1", .istreams = {"in"}, .ostreams = {"out"}}; }
  void process_record(weir::context& ctx, const weir::record& r) override { ctx.ostream("out").produce(r.key, weir::flat<place>(r)->at()->get()); }
};

int main() {
  flatbuffers::FlatBufferBuilder b;
  const point p{1, 2};
  const auto start = b.StartTable();
  b.AddStruct(4, &p);
  b.Finish(flatbuffers::Offset<place>(b.EndTable(start)));
  auto d = weir::test_driver::of<reads>();
  d.send("in", "xyz", weir::bytes_of(b));
  return d.received("out")[0].value == "1" ? 0 : 1;
}
