/** Puts something around a method of a class, for every object of it. */

type Methods<T, Name extends keyof T> = T[Name] extends (...values: infer Values) => infer Result
  ? { readonly values: Values; readonly result: Result }
  : never;

/**
 * From now on a call of `prototype[name]` runs `instead`, which is given the object, the former
 * method bound to it, and the arguments.
 */
export function around<T extends object, Name extends keyof T>(
  prototype: T,
  name: Name,
  instead: (
    self: T,
    former: (...values: Methods<T, Name>['values']) => Methods<T, Name>['result'],
    ...values: Methods<T, Name>['values']
  ) => Methods<T, Name>['result'],
): void {
  type Method = (this: T, ...values: Methods<T, Name>['values']) => Methods<T, Name>['result'];
  const former = Reflect.get(prototype, name) as Method;
  Reflect.set(prototype, name, function (this: T, ...values: Methods<T, Name>['values']) {
    return instead(this, former.bind(this), ...values);
  });
}
