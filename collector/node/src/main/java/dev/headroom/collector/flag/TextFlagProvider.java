package dev.headroom.collector.flag;

import dev.openfeature.sdk.ErrorCode;
import dev.openfeature.sdk.EvaluationContext;
import dev.openfeature.sdk.FeatureProvider;
import dev.openfeature.sdk.Metadata;
import dev.openfeature.sdk.ProviderEvaluation;
import dev.openfeature.sdk.Reason;
import dev.openfeature.sdk.Value;

/** A provider of flags whose values are all text. */
abstract class TextFlagProvider implements FeatureProvider {

  private final String name;

  TextFlagProvider(String name) {
    this.name = name;
  }

  @Override
  public Metadata getMetadata() {
    return () -> name;
  }

  @Override
  public ProviderEvaluation<Boolean> getBooleanEvaluation(
      String key, Boolean otherwise, EvaluationContext context) {
    return mismatch(key, otherwise);
  }

  @Override
  public ProviderEvaluation<Integer> getIntegerEvaluation(
      String key, Integer otherwise, EvaluationContext context) {
    return mismatch(key, otherwise);
  }

  @Override
  public ProviderEvaluation<Double> getDoubleEvaluation(
      String key, Double otherwise, EvaluationContext context) {
    return mismatch(key, otherwise);
  }

  @Override
  public ProviderEvaluation<Value> getObjectEvaluation(
      String key, Value otherwise, EvaluationContext context) {
    return mismatch(key, otherwise);
  }

  private static <T> ProviderEvaluation<T> mismatch(String key, T otherwise) {
    return failed(otherwise, ErrorCode.TYPE_MISMATCH, "the flag " + key + " is a string");
  }

  static <T> ProviderEvaluation<T> failed(T otherwise, ErrorCode code, String message) {
    return ProviderEvaluation.<T>builder()
        .value(otherwise)
        .reason(Reason.ERROR.toString())
        .errorCode(code)
        .errorMessage(message)
        .build();
  }
}
