using System.Reflection;
using HybridGen.Drafting;

namespace HybridGen.Plugin.Tests;

/// <summary>The arrows: Plugin to Hybrid to Drafting, and each native library in one project.</summary>
public sealed class ArchitectureTests
{
    private static readonly Assembly Drafting = typeof(IDrafter).Assembly;
    private static readonly Assembly Hybrid = typeof(HybridGenEngine).Assembly;
    private static readonly Assembly Plugin = typeof(HybridGenTextGenerationService).Assembly;

    /// <summary>The abstractions of Microsoft.Extensions.AI come with LLamaSharp; a drafter over any of its chat services needs them.</summary>
    [Fact]
    public void Drafting_References_NeitherTorchSharpNorSemanticKernelNorTheLayersAbove() =>
        AssertNoReference(Drafting, "TorchSharp", "Microsoft.SemanticKernel", "HybridGen");

    [Fact]
    public void Hybrid_References_NeitherSemanticKernelNorThePlugin() =>
        AssertNoReference(Hybrid, "Microsoft.SemanticKernel", "Microsoft.Extensions.AI", "HybridGen.Plugin");

    [Fact]
    public void Plugin_References_NeitherTorchSharpNorLLamaSharp() => AssertNoReference(Plugin, "TorchSharp", "LLamaSharp");

    [Fact]
    public void Plugin_References_Hybrid() =>
        Assert.Contains(Plugin.GetReferencedAssemblies(), reference => reference.Name == "HybridGen.Hybrid");

    [Fact]
    public void Hybrid_PublicApi_NamesNoTypeOfLLamaSharp() =>
        Assert.DoesNotContain(
            Hybrid.GetExportedTypes().SelectMany(PublicTypes),
            type => type.Assembly.GetName().Name!.StartsWith("LLamaSharp", StringComparison.Ordinal));

    private static void AssertNoReference(Assembly assembly, params string[] prefixes) =>
        Assert.DoesNotContain(
            assembly.GetReferencedAssemblies(),
            reference => prefixes.Any(prefix => reference.Name!.StartsWith(prefix, StringComparison.Ordinal)));

    private static IEnumerable<Type> PublicTypes(Type type)
    {
        const BindingFlags All = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
        var methods = type.GetMembers(All).OfType<MethodBase>().Where(method => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly).ToList();
        return methods.SelectMany(method => method.GetParameters()).Select(parameter => parameter.ParameterType)
            .Concat(methods.OfType<MethodInfo>().Select(method => method.ReturnType))
            .Concat(type.GetFields().Select(field => field.FieldType))
            .Concat(type.GetInterfaces())
            .Append(type.BaseType ?? typeof(object))
            .SelectMany(Parts);
    }

    private static IEnumerable<Type> Parts(Type type) => type switch
    {
        { HasElementType: true } => Parts(type.GetElementType()!),
        { IsGenericType: true } => type.GetGenericArguments().SelectMany(Parts).Prepend(type),
        _ => [type],
    };
}
